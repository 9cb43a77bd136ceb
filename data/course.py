"""Facts about the course's files: their names and checksums, and the answers that were published for them."""

# sha256 of the six files of netflix.tar.gz, MITx 6.86x Project 4.
CHECKSUMS = {
    "toy_data.txt": "a558ed25342d216d432fc8fa80870ef5fca43f45aeebd9350c32529b39d492d7",
    "netflix_incomplete.txt": "7a81ae26f41725a5deeec079dceec27d06949e1b82795803d42ec68c0e00408c",
    "netflix_complete.txt": "30c27318115235e50d6124ecbead6241d2376fc7c2116106834bf558d175dc35",
    "test_incomplete.txt": "bef9922ca72b321f270c1c8e25e9b54bdac16102d8f1fdb8fd0539c732c3c37f",
    "test_complete.txt": "0a5c494e5faf287544bae4af069d7557f50953116e64b39a80ec4be200e1772e",
    "test_solutions.txt": "14ddb974dc3610dbdc50610f84d1c8534c32de5ac4d36816a463e63943a2234b",
}
TOY = ("toy_data.txt",)
NETFLIX = ("netflix_incomplete.txt", "netflix_complete.txt")
TEST_CASE = ("test_incomplete.txt", "test_complete.txt", "test_solutions.txt")

# The best of seeds 0-4. Some are rounded to four decimals, some cut after them; the RMSE has all its digits.
SEEDS = (0, 1, 2, 3, 4)
KMEANS_COST = {1: 5462.2975, 2: 1684.9080, 3: 1329.5949, 4: 1035.4998}
TOY_LOG_LIKELIHOOD = {1: -1307.2234, 2: -1175.7146, 3: -1138.8909, 4: -1138.6012}
TOY_BIC = {1: -1315.5056, 2: -1195.0397, 3: -1169.2589, 4: -1180.0121}
TOY_BEST_K = 3
NETFLIX_K, NETFLIX_SEED = 12, 1  # the K that the course asks for, and its best seed
NETFLIX_LOG_LIKELIHOOD = {1: -1521060.9539, 12: -1390234.4223}
NETFLIX_RMSE = {12: 0.4804908505400684}
# Naive EM on the toy data, seed 0: the log-likelihood of the first E-step.
FIRST_LOG_LIKELIHOOD = {3: -1388.0818}
