"""Ratings and titles in every format that people have, written here, and files that are something else."""

import csv
import gzip
import io
import json
import zipfile

import numpy as np
from scipy import sparse

from console import InputError
from recommender import formats, model_file
from recommender.scale import store

ROWS = [(196, 242, 3, 881250949), (186, 302, 3, 891717742), (22, 377, 1, 878887116), (196, 302, 4, 881250000),
        (22, 242, 5, 878887000)]
BY_DAYS = [(user, item, x, time // 86400) for user, item, x, time in ROWS]
NAMED = [("ann", "007", 4.5, 7), ("Bo, Jr.", "7", 0.5, 6), ("ann", "x y", 3.0, 5), ("Zoë", "007", 2.0, 4)]


def lines(rows, separator, end="\n"):
    return "".join(separator.join(map(str, row)) + end for row in rows).encode()


def quoted(rows, *header, **options):
    out = io.StringIO()
    csv.writer(out, **options).writerows([header, *rows])
    return out.getvalue().encode()


def netflix_file(rows, end="\n"):
    """The rows in the Netflix Prize's manner; times are days since 1970."""
    parts = []
    for item in sorted({row[1] for row in rows}):
        parts.append(f"{item}:{end}")
        parts += [f"{u},{x},{np.datetime64(t, 'D')}{end}" for u, i, x, t in rows if i == item]
    return "".join(parts).encode()


def packed(members):
    """A .zip with the members in a dict."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def npz(matrix):
    out = io.BytesIO()
    sparse.save_npz(out, matrix)
    return out.getvalue()


def expected(rows):
    """The ratings as a dict, by a loop: of a pair the last by time, of equal times or without times by place."""
    found = {}
    for user, item, x, *time in rows:
        if (user, item) not in found or not time or found[user, item][1] <= time[0]:
            found[user, item] = (x, time[0] if time else 0)
    return {pair: x for pair, (x, _) in found.items()}


def as_dict(found):
    """A Table's ratings as a dict; what a Table promises is asserted on the way."""
    X = found.X
    assert X.shape == (len(found.users), len(found.items)) and X.dtype == np.float64 and X.format == "csr"
    for ids in (found.users, found.items):
        assert ids.dtype == np.int64 or ids.dtype.kind == "U"
        assert (ids[1:] > ids[:-1]).all()
    for i in range(X.shape[0]):
        assert (np.diff(X.indices[X.indptr[i] : X.indptr[i + 1]]) > 0).all()
    coo = X.tocoo()
    users, items = found.users.tolist(), found.items.tolist()
    return {(users[u], items[i]): x for u, i, x in zip(coo.row, coo.col, coo.data.tolist(), strict=True)}


HEADER = "userId", "movieId", "rating", "timestamp"
WITHOUT_TIME = [row[:3] for row in ROWS]
CASES = {
    "u.data": (lines(ROWS, "\t"), ROWS),
    "tabs, three columns": (lines(WITHOUT_TIME, "\t"), WITHOUT_TIME),
    "ratings.dat": (lines(ROWS, "::"), ROWS),
    "ratings.dat of 10M": (b"1::122::5::838985046\n1::185::4.5::838983525\n",
                           [(1, 122, 5, 838985046), (1, 185, 4.5, 838983525)]),
    "ratings.csv": (quoted(ROWS, *HEADER), ROWS),
    "another order": (quoted([(t, x, u, i) for u, i, x, t in ROWS], "date", "score", "user", "item"), ROWS),
    "further columns": (quoted([("", "a,b", *row, 1) for row in ROWS], "", "text", *HEADER, "more"), ROWS),
    "all quoted": (quoted(ROWS, *HEADER, quoting=csv.QUOTE_ALL), ROWS),
    "Book-Crossing": (quoted(WITHOUT_TIME, "User-ID", "ISBN", "Book-Rating", delimiter=";", quoting=csv.QUOTE_ALL),
                      WITHOUT_TIME),
    "RecBole": (quoted(ROWS, "user_id:token", "item_id:token", "rating:float", "time:float", delimiter="\t"), ROWS),
    "no header": (lines(ROWS, ","), ROWS),
    "no header, three columns": (lines(WITHOUT_TIME, ", "), WITHOUT_TIME),
    "blanks": (lines(WITHOUT_TIME, " "), WITHOUT_TIME),
    "blanks and times": (lines(ROWS, "  "), ROWS),
    "tabs in pairs and times": (lines(ROWS, "\t\t"), ROWS),
    "words and blanks": (b"ann  heat 5\nbob heat 4.5\nann 7 1\n",
                         [("ann", "heat", 5), ("bob", "heat", 4.5), ("ann", "7", 1)]),
    "names": (quoted(NAMED, "user_id", "item_id", "rating", "time"), NAMED),
    "names in Latin-1": ("user,item,rating\nZoë,1,2\nAnn,2,3.5\n".encode("latin-1"), [("Zoë", 1, 2), ("Ann", 2, 3.5)]),
    "ISO times": (b"user,item,rating,time\n1,2,3,2005-09-06 10:00:00\n1,2,4,2005-09-06T09:59:59.5Z\n1,3,1,2005-09-06\n",
                  [(1, 2, 3, 2), (1, 2, 4, 1), (1, 3, 1, 0)]),
    "month first, as one line shows": (b"user,item,rating,time\n1,2,3,12/31/2009\n1,2,4,1/1/2001\n",
                                       [(1, 2, 3, 2), (1, 2, 4, 1)]),
    "day first, as one line shows": (b"user,item,rating,time\n1,2,3,31/12/2009\n1,2,4,01/12/2009 10:00\n",
                                     [(1, 2, 3, 2), (1, 2, 4, 1)]),
    "day or month first": (b"user,item,rating,time\n1,2,3,02/01/2009\n1,2,4,01/02/2009\n", [(1, 2, 3), (1, 2, 4)]),
    "days with points": (b"user,item,rating,time\n1,2,3,02.01.2009\n1,2,4,01.01.2009\n",
                         [(1, 2, 3, 2), (1, 2, 4, 1)]),
    "slashes and blanks": (b"user,item,rating,time\n1,2,3,2005/09/06\n1,2,4, 2005/9/5 23:59\n",
                           [(1, 2, 3, 2), (1, 2, 4, 1)]),
    "offsets": (b"user,item,rating,time\n1,2,3,2020-01-01T10:00:00+00:00\n1,2,4,2020-01-01T11:00:00+02:00\n",
                [(1, 2, 3, 2), (1, 2, 4, 1)]),
    "some times are empty": (b"user,item,rating,time\n1,2,3,881250949\n1,2,4,\n2,2,1,\n2,2,2,nan\n",
                             [(1, 2, 3, 1), (1, 2, 4, 0), (2, 2, 1, 0), (2, 2, 2, 0)]),
    "one column of times is empty": (b"user,item,rating,time\n1,2,3,\n1,2,4,\n", [(1, 2, 3), (1, 2, 4)]),
    "decimal commas": (b"user;item;rating\nann;x;3,5\nann;y;4\nbob;x;0,5\n",
                       [("ann", "x", 3.5), ("ann", "y", 4), ("bob", "x", 0.5)]),
    "the Netflix Prize's with numbers for dates": (b"1:\n7,3,20050906\n8,4,20050907\n2:\n7,5,20050908\n",
                                                  [(7, 1, 3, 20050906), (8, 1, 4, 20050907), (7, 2, 5, 20050908)]),
    "Windows-1252": ("user,item,rating\n“Zoë”,l’été,4\nAnn,x…,5\n".encode("cp1252"),
                     [("“Zoë”", "l’été", 4), ("Ann", "x…", 5)]),
    "one line of another encoding": ("user,item,rating\nZoë,1,4\n".encode() + "Zoë,2,4\n".encode("cp1252"),
                                     [("Zoë", 1, 4), ("Zoë", 2, 4)]),
    "old Macintosh": (lines(ROWS, ",", "\r"), ROWS),
    "MovieLens 32M": (b"userId,movieId,rating,timestamp\n1,17,4.0,944249077\n1,25,1.0,944250228\n",
                      [(1, 17, 4, 944249077), (1, 25, 1, 944250228)]),
    "goodbooks": (b"user_id,book_id,rating\n1,258,5\n2,4081,4\n", [(1, 258, 5), (2, 4081, 4)]),
    "ratings of anime": (b"user_id,anime_id,rating\n1,20,-1\n1,24,9\n", [(1, 20, -1), (1, 24, 9)]),
    "Book-Crossing's own": (b'"User-ID";"ISBN";"Book-Rating"\r\n"276725";"034545104X";"0"\r\n'
                            b'"276726";"0155061224";"5"\r\n"171118";"\\"0679781587\\"";"8"\r\n',
                            [(276725, "034545104X", 0), (276726, "0155061224", 5), (171118, '\\0679781587\\""', 8)]),
    "BoardGameGeek": ((bgg := ',user,rating,comment,ID,name\n0,Torsten,10.0,,30549,Pandemic\n'
                       '1,mitnachtKAUBO-I,10.0,"Hands down, my favorite.\nA second line, ""quoted""",30549,Pandemic\n'
                       '2,avlawn,9.5,"One\n\nmore",822,Pandemic\n3,,9,"nobody",822,Carcassonne\n').encode(),
                      [("Torsten", 30549, 10), ("mitnachtKAUBO-I", 30549, 10), ("avlawn", 822, 9.5)]),
    "books of Kaggle": (b'Id,Title,Price,User_id,profileName,review/score,review/time,review/text\n'
                        b'1882931173,Its Only Art,,AVCGYZL8FQQTD,"Jim ""of"" Oz",4.0,940636800,"a, b\nc"\n'
                        b'1882931173,Its Only Art,,,,5.0,1095724800,x\n0826414346,Dr. Seuss,,A30TK6U7DNS82R,K,5.0,1,\n',
                        [("AVCGYZL8FQQTD", "1882931173", 4, 940636800), ("A30TK6U7DNS82R", "0826414346", 5, 1)]),
    "lines are numbered": (b"id,user,title,rating\n1,ann,Heat,4\n2,bob,Heat,5\n3,ann,Alien,3\n",
                           [("ann", "Heat", 4), ("bob", "Heat", 5), ("ann", "Alien", 3)]),
    "friends": (b"friend,film,rating\nann,Heat,4\nbob,Heat,5\n", [("ann", "Heat", 4), ("bob", "Heat", 5)]),
    "friends' exports, joined": (b"user,Date,Name,Year,Letterboxd URI,Rating\nann,2024-01-02,Heat,1995,https://b/1,4.5\n"
                                 b"ann,2024-01-03,Heat,1986,https://b/2,1\nbob,2024-01-03,Heat,,https://b/3,3\n",
                                 [("ann", "Heat (1995)", 4.5), ("ann", "Heat (1986)", 1), ("bob", "Heat", 3)]),
    "numbers that pandas made": (b"user,item,rating\n1.0,40.0,3\n2.0,40.0,4\n2.0,41,4\n",
                                 [(1, 40, 3), (2, 40, 4), (2, 41, 4)]),
    "empty ratings": (b"user,item,rating\n1,2,\n1,3,nan\n1,4,3\n2,4,NULL\n", [(1, 4, 3)]),
    "Amazon's": (b'{"reviewerID": "A2SUAM1J3GNN3B", "asin": "0000013714", "helpful":'
                 b' [2, 3], "reviewText": "a\\nb", "overall": 5.0, "unixReviewTime": 1252800000, "reviewTime": "09"}\n'
                 b'{"reviewerID": "A2", "asin": "0000013714", "overall": 4.5, "unixReviewTime": 1252800001}\n',
                 [("A2SUAM1J3GNN3B", "0000013714", 5, 1252800000), ("A2", "0000013714", 4.5, 1252800001)]),
    "Yelp's": (b'{"review_id":"KU_O5udG6zpxOg-VcAEodg","user_id":"mh_-eMZ6K5RLWhZyISBhwA","business_id":"XQfwVwDr",'
               b'"stars":3.0,"useful":0,"text":"If you {decide}","date":"2018-07-07 22:09:11"}\n'
               b'{"review_id":"B","user_id":"mh_-eMZ6K5RLWhZyISBhwA","business_id":"XQfwVwDr","stars":4.0,'
               b'"date":"2018-07-07 22:09:10"}\n\n',
               [("mh_-eMZ6K5RLWhZyISBhwA", "XQfwVwDr", 3, 2), ("mh_-eMZ6K5RLWhZyISBhwA", "XQfwVwDr", 4, 1)]),
    "a list of JSON": (json.dumps([dict(zip(("user", "item", "rating", "time"), row, strict=True)) for row in ROWS],
                                  indent=1).encode(), ROWS),
    "combined_data": (netflix_file(BY_DAYS), BY_DAYS),
    "an empty movie": (b"1:\n2:\n7,3,2005-09-06\n3:\n4:\n8,1,2005-09-07\n5:\n", [(7, 2, 3, 0), (8, 4, 1, 0)]),
    "a matrix": (b"0 3 0\n1 0 5\n2.5 0 0\n", [(1, 2, 3), (2, 1, 1), (2, 3, 5), (3, 1, 2.5)]),
    "a matrix, negative too": (b"0 -3 0 1\n1 0 0 1\n", [(1, 2, -3), (1, 4, 1), (2, 1, 1), (2, 4, 1)]),
    "0 and below are ratings in lists": (lines([(1, 2, 0), (1, 3, -9.75), (2, 2, 10)], ","),
                                         [(1, 2, 0), (1, 3, -9.75), (2, 2, 10)]),
    "duplicates by time": (lines(dup := [(1, 2, 3, 50), (1, 3, 4, 1), (1, 2, 5, 40), (1, 3, 2, 1)], ","), dup),
    "finer numbers": (lines(fine := [(1, 2, 3, 7), (1, 3, 0.1, 1258600000123), (1, 3, 3.7, 1258600000122),
                                     (2, 2, 16777217, 1.5), (2, 2, 1e-9, 1.25)], ","), fine),
    "duplicates by place": (lines([(1, 2, 3), (1, 3, 4), (1, 2, 5)], "\t"), [(1, 2, 3), (1, 3, 4), (1, 2, 5)]),
}
ENCODED = {case for case in CASES if "Windows" in case or "Latin-1" in case or "encoding" in case}
# Lines of three or four small numbers, which might as well be those of a matrix.
UNCLEAR = {"tabs, three columns", "blanks", "no header, three columns", "0 and below are ratings in lists",
           "duplicates by time", "finer numbers", "duplicates by place"}
AS_LIST, AS_MATRIX = formats.Told("list"), formats.Told("matrix")


def read_case(case, path):
    return formats.read(path, told=AS_LIST if case in UNCLEAR else formats.Told())


def outcome(path, told=AS_LIST):
    try:
        found = formats.read(path, told=told)
    except InputError as error:
        return str(error)
    return as_dict(found), found.users.dtype, found.items.dtype, found.scale, found.notes


SCALES = {"1 to 5": range(1, 6), "half stars": np.arange(0.5, 5.1, 0.5), "0 to 5": range(6), "0 to 100": range(101),
          "-10 to 10": np.round(np.arange(-10, 10.001, 0.01), 2), "thousands": range(1000, 6000, 1000)}


def a_list(random, scale, n=943, d=1682, m=4000, code=None):
    """Lines (m, 4) of user, item, rating and time: each pair once, in the order of users, of items, or in none."""
    u, i = np.divmod(random.choice(n * d, min(m, n * d), replace=False), d)
    order = [np.arange(len(u)), np.lexsort((i, u)), np.lexsort((u, i))][random.randint(3)]
    x = random.choice(scale, len(u))
    if code is not None:
        x = np.where(random.rand(len(u)) < 0.2, code, x)
    first = random.randint(2)
    return np.column_stack([u + first, i + first, x, random.randint(874724710, 893286638, len(u))])[order]


def a_matrix(random, scale, m, w, gaps=0.3, code=0):
    """Ratings (m, w), of some items better than of others."""
    X = np.sort(scale)[(len(scale) * random.rand(m, w) ** random.uniform(0.3, 3, w)).astype(int)]
    return np.where(random.rand(m, w) < gaps, code, X)


def as_lines(V, separator=","):
    return lines([[f"{x:.12g}" for x in row] for row in V], separator)


def as_ratings(V):
    return {(u, i): x for u, i, x in V[:, :3].tolist()}


TITLES = {
    "u.item": ("1|Toy Story (1995)|01-Jan-1995||x\n267|unknown|||\n543|Misérables, Les (1995)|a||\n",
               {1: "Toy Story (1995)", 267: "unknown", 543: "Misérables, Les (1995)"}),
    "movies.dat": ("1::Toy Story (1995)::Animation|Comedy\n73::Misérables, Les: \"a\" (1995)::Drama\n",
                   {1: "Toy Story (1995)", 73: 'Misérables, Les: "a" (1995)'}),
    "movies.csv": ('movieId,title,genres\n1,Toy Story (1995),Comedy\n11,"President, The ""x"" é (1995)",Drama\n',
                   {1: "Toy Story (1995)", 11: 'President, The "x" é (1995)'}),
    "movie_titles.csv": ("1,2003,Dinosaur Planet\n72,1974,Among Strangers, A Stranger é\n43,NULL,Ancient: 300\n",
                         {1: "Dinosaur Planet", 72: "Among Strangers, A Stranger é", 43: "Ancient: 300"}),
    "books": ('isbn;year;book-title\n"007";1999;"é; b"\n', {"007": "é; b"}),
}
WRONG = [
    (b"", "is empty; expected ratings: CSV with a header"),
    (b"\n \r\n", "is empty"),
    (b"\xef\xbb\xbf", "is"),
    (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is a PNG picture; expected ratings"),
    (b'{"user": 1, "stars": 3}\n', "its header 'user, stars' names no item; say which: --columns item=NAME"),
    (b"{]\n", "is JSON; expected"),
    (b'{"user": 1, "item": 2, "rating": 3}\n{"user": 1\n', "line 2: no JSON object"),
    (b'[{"user": 1, "item": 2, "rating": 3}\n', "is no whole JSON"),
    (b"PAR1" + b"x" * 100 + b"PAR1", "is a Parquet file"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is an old Excel file or an office document; save it as .xlsx or .csv"),
    (b"<!DOCTYPE html>\n<html>\n", "is HTML or XML"),
    (b"\0\1\2\3", "is no text"),
    ("user,item,rating\n1,2,3\n".encode("utf-16"), "is UTF-16 text; save it as UTF-8"),
    (b"film,Ann,Bob,Cat\nHeat,5,,4\n", "if each user has a column, write a line for each rating instead"),
    (b"hello world\n", "line 1: 'hello world' is of no format known here; expected ratings"),
    (b"movieId,title,genres\n1,Toy Story (1995),x\n", "titles, no ratings"),
    (b"userId,movieId,tag,timestamp\n1,2,fun,3\n", "its header 'userId, movieId, tag, timestamp' names no rating"),
    (b"Date,Name,Year,Letterboxd URI,Rating\n2024-01-02,Heat,1995,https://boxd.it/1,4.5\n",
     "its header 'Date, Name, Year, Letterboxd URI, Rating' names no user; say which: --columns"
     " user=NAME; or, if all ratings are one person's, --user NAME, or give them to suggest --ratings-from"),
    (b"title,score\nHeat,4\n",
     "its header 'title, score' names no user"),
    (b"userId,movieId,rating,timestamp\n", "holds no rating (a header, "),
    (b"1:\n2:\n", "line 1: '1:' is of no format"),
    (b"0 0 0 0 0\n0 0 0 0 0\n", "holds no rating (a matrix of 5 columns"),
    (b"1\t2\t3\t881250949\n1\t2\t3\n", "line 2: 3 columns, expected 4 (no header, user, item, rating, time"),
    (b"1::2::3::4\n\n1::2::x::4\n", "line 3: 'x' is no rating or count; expected a finite number"),
    (b"user,item,rating\n1,2,\n1,3,nan\n", "holds no rating (a header, "),
    (b"user,item,rating\n\n1,2,\n1,3,nan\n", "2 lines without a rating left out, the first is "),
    (b"user,item,rating\n1,,3\n", "1 line without an item left out, the first is "),
    (b"id,user,title,rating\n1,ann,Heat,4\n2,bob,Alien,5\n",
     "'id' may number the items or the lines; say which: --columns item=id or --columns item=title"),
    (b"user,item,rating\n1,2,inf\n", "line 2: 'inf' is no rating"),
    (b"1,2,nan\n", "holds no rating"),
    (b"1,2,1_0\n", "line 1: '1_0' is no rating"),
    (b"a,2,3\n1,2,1e400\n", "line 2: '1e400' is too small or too large for a rating"),
    (b"1,2,3\n1," + b"x" * 300 + b",3\n", "is an ID of 300 characters; expected 200 at most"),
    (b"1,2,3,881250949\n1,2,3,soon\n", "line 2: 'soon' is no time; expected a number or a date like 2005-09-06"),
    (b"1,2,3,2001-02-03\n1,2,3,2001-02-30\n", "line 2: '2001-02-30' is no time"),
    (b'user,item,rating\n1,2,3\n"1,2,3\n', "line 3: quotes that do not end"),
    (b'user,item,rating,text\n1,2,3,a\n1,2,3,"a\n', "line 3: quotes that do not end"),
    (b"a,b,user,item,rating,c,d\n" + b"x,y,1,2,3,z,w\n" * 9 + b"x,y,1,2,3,z\nx,y,9,4,5,6,z,w\n",
     "line 11: 6 columns, expected 7"),
    (b"a,b,user,item,rating,c,d\n" + b"x,y,1,2,3,z,w\n" * 9 + b"x,y,1,2,3,z,w,v\nx,4,5,6,z,w\n",
     "line 11: 8 columns, expected 7"),
    (b"1::2::3\n1:2:3::4\n", "line 2: 2 columns, expected 3"),
    (b"a,2,3\n1,3\0,3\n", "line 2: not text: '3\\x00'"),
    (b"a,2,3\n\n\n1,2", "line 4: 2 columns, expected 3"),
    (b"1:\n1488844,3,2005-09-06\n148", "line 3: '148'; expected a line movie: or a line user,rating,date"),
    (b"1:\n1488844,3,2005-09-06\n2:\n148,5", "line 4: '148,5'; expected a line movie:"),
    (b"1:\n1488844,3,2005-09-06\n2:\n148,5,2005-0", "line 4: '2005-0' is no time"),
    (b"1:\n1488844,3,2005-09-06\n:\n", "line 3: ':'; expected a line movie:"),
    (b"1 2 0 4 5\n1 2 3 4\n", "line 2: 4 numbers, expected 5"),
    (b"1 2 0 4 5\n\n1 2 x 4 5\n", "line 3: 'x' is not a number"),
    (b"1 2 0 4 5\n1 2 nan 4 5\n", "line 2: nan is not a finite number"),
    (gzip.compress(lines(ROWS, ",") * 1000)[:-200], "is broken or cut off"),
    (b"\x1f\x8b" + b"x" * 100, "is broken or cut off"),
    (packed({"a": lines(ROWS, ",")})[:-30], "is no whole .zip archive"),
    (packed({"a": b"hello\n", "b": b""}), "holds 2 files, but not what was expected: ratings"),
    (packed({"a\nb.csv": b"user,item,rating\n1,2,x\n"}), "a\\nb.csv, line 2: 'x' is no rating"),
    (packed({}), "holds no files; expected ratings"),
    (packed({"a.csv": lines(ROWS, ","), "b.csv": lines(ROWS, ",")}), "holds several files that could be meant ("),
    (packed({"mv_1.txt": b"1:\n1488844,3,2005-09-06\n", "mine.csv": lines(ROWS, ",")}),
     "holds several files that could be meant ("),
    (packed({"mv_1.txt": b"1:\n1488844,3,2005-09-06\n", "ratings.csv": lines(ROWS, ",")}),
     "holds several files that could be meant ("),
    (packed({"s/0.bin": b"x", "s/header.json": json.dumps(
        {"format": store.FORMAT, "version": 1, "users": 40, "items": 20, "ratings": 480}).encode()}),
     "has this project's format 'ratings in blocks', which other commands read; expected ratings"),
    (packed({"a.json": b'{"format": "recommender model", "users": 1, "items": 2, "rating": 3}', "0.npy": b""}),
     "has this project's format 'recommender model', which other commands read; expected ratings"),
    (packed({"a.json": json.dumps({"format": model_file.FORMAT, "users": 4, "items": 2, "ratings": 8}).encode(),
             "0.npy": b"x"}),
     "has this project's format 'recommender model', which other commands read; expected ratings"),
    (b"user;item;rating\n1;2;1.234,5\n", "line 2: '1.234,5' is no rating or count; expected a finite number"),
    (b"user,item,rating\n" + b"1,2,3\n" * 98 + b"1,2,x\n1,2\n",
     "line 100: 'x' is no rating or count; expected a finite"),
    (b"user,item,rating\n" + b"1,2,x\n" * 999, "; 999 of 999 lines cannot be read"),
    (packed({"a": packed({"b": b"1,2,3\n"})}), "is an archive"),
    (npz(sparse.csr_array([[1, np.nan]])), "row 0, column 1: nan is no rating or count; expected a finite number"),
    (npz(sparse.csr_array([[1j]])), "complex128 of shape (1, 1); expected a sparse matrix"),
    (npz(sparse.csr_array((3, 3))), "holds no rating"),
    (npz(sparse.coo_array(([1], ([0], [0])), shape=(10**9, 10))), "shape (1000000000, 10)"),
    (npz(sparse.csr_array(np.eye(200)))[:-200], "expected a sparse matrix of ratings as scipy.sparse.save_npz writes"),
]
