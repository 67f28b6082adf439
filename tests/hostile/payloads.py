"""Texts that try to reach Python, the machine or the network from inside an expression, in every way we have heard of.

Each tries to write the marker file, to read the environment's marker, to open a socket, to import, or to never end.
"""

from __future__ import annotations

from itertools import product

MARKER = "/tmp/onedoor-escaped"
SECRET = "onedoor-secret-of-the-environment"

# What an attacker would like to reach, as the beginning of an attribute walk
_ROOTS = (
    "()", '""', "[]", "{}", "1", "true", "null", "filing", "filing.x", "dossier", "visits", "count", "today()",
    "function(x) x", "(function(x) x)", "item", "partial", "?", '@"2026-01-01"', "[1..2]",
)
_WALKS = (
    ".__class__.__base__.__subclasses__()", ".__class__.__mro__[2].__subclasses__()[40]", ".__globals__",
    '.__init__.__globals__["os"].system("touch {marker}")', '.__getattribute__("__class__")',
    '["__class__"]["__base__"]', '.format("{{0.__class__}}")', '.__reduce_ex__(2)', ".__dict__", ".__code__.co_consts",
)
_PYTHON = (
    '__import__("os").system("touch {marker}")', "__import__('os').system('touch {marker}')", "import os",
    'import os; os.system("touch {marker}")', 'from os import system', 'exec("open(\'{marker}\', \'w\')")',
    'eval("open(\'{marker}\', \'w\')")', 'open("{marker}", "w")', "open('{marker}', 'w').write('x')",
    'compile("1", "x", "exec")', "globals()", "locals()", "vars()", "dir()", 'getattr(filing, "__class__")',
    'setattr(filing, "x", 1)', 'delattr(filing, "x")', "breakpoint()", "input()", "help()", 'print("x")', "exit()",
    "quit()",
    "raise SystemExit", "assert False", "(lambda: 1)()", "[x for x in (1,)]", "{{x: 1 for x in [1]}}",
    "(x for x in [1]).gi_frame.f_back.f_globals", "f'{{__import__(\"os\")}}'", 'f"{{filing.__class__}}"',
    "'{{0.__class__}}'.format(filing)", '"%s" % filing', '"{{}}".format_map(filing)', "`id`", "$(touch {marker})",
    "${{7*7}}", "#{{7*7}}", "{{{{7*7}}}}", "{{% import os %}}", "<%= 7*7 %>", "@eval('1')",
    "!!python/object/apply:os.system",
    "!!python/object/new:type", "cos\nsystem\n(S'touch {marker}'\ntR.", "\\x80\\x04K\\x01.", "os.environ",
    'os.environ["ONEDOOR_MARK"]', "environ", "process.env", "require('fs').writeFileSync('{marker}', '')",
    "globalThis.process", "this.constructor.constructor('return process')()", "constructor", "__proto__",
    "filing.__proto__.polluted", '{{__proto__: {{x: 1}}}}', '{{"constructor": 1}}.constructor',
    "Function('return this')()",
    "new Date()", "java.lang.Runtime.getRuntime().exec(\"touch {marker}\")", "T(java.lang.Runtime).getRuntime()",
    '{{"java": {{"class": "java.lang.System", "method signature": "exit(int)"}}}}',
    'function(x) external {{java: {{class: "java.lang.Math", method signature: "cos(double)"}}}}',
    'function() external {{pmml: {{document: "{marker}", model: "x"}}}}', "document('{marker}')",
    "doc('file:///etc/passwd')",
    "unparsed-text('/etc/passwd')", "system-property('user.dir')", "xp_cmdshell 'touch {marker}'",
    "1; DROP TABLE dossier", "' OR 1=1 --", "\" or \"\" = \"", "1 UNION SELECT password_hash FROM person",
    "pg_read_file('/etc/passwd')",
    "COPY (SELECT 1) TO PROGRAM 'touch {marker}'", "load_extension('x')", "socket.create_connection(('127.0.0.1', 9))",
    "urllib.request.urlopen('http://127.0.0.1:9')", 'date("http://127.0.0.1:9")', "http://127.0.0.1:9/",
    "file://{marker}",
    "subprocess.run(['touch', '{marker}'])", "ctypes.CDLL(None).system(b'touch {marker}')", "sys.modules",
    "sys.exit(1)",
    "type('X', (), {{}})", "type(filing)", "object.__subclasses__()", "BaseException.__subclasses__()",
    "memoryview(b'')",
    "super().__init__", "classmethod(1)", "__builtins__", "__builtins__['open']", "__name__", "__file__", "__loader__",
    "__spec__.loader", "self", "self.run.budget", "run.now", "scope.run", "task.workflow.script_engine", "my_task.data",
    "definition.spec", "BUILTINS", "NUMBERS.prec", "Decimal('1')", "datetime.sys", "timedelta.__mro__[-1]",
    # Never ending, or too large
    "9**9**9", "9 ** 9 ** 9 ** 9 ** 9", "10 ** 6144 * 10", "-(10 ** 6144) * 10", "1e999999", "1e-999999",
    '"x" * 1000000000',
    "for i in 1..1e30 return i", "for i in 1..100000, j in 1..100000 return i", "count(for i in 1..1000000 return i)",
    "{{f: function(x) f(x), r: f(1)}}.r", "{{f: function(x) f(x) + f(x), r: f(1)}}.r",
    "some i in 1..1e9 satisfies false",
    "every i in 1..1e9 satisfies true", "sort(for i in 1..3000 return 3000 - i, function(a, b) a < b)",
    'matches("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "(a+)+$")', 'matches("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "(a|a)*b")',
    'matches("aaaaaaaaaaaaaaaaaaaaaaaaaaaa", "(.*)*x")', 'replace("aaaa", "(a*)*", "$1")', 'split("aaaa", "(a|aa)+")',
    'matches("x", "(?=x)x")', 'matches("xx", "(x)\\1")', 'replace("x", "x", "$0$0$0$0$0$0$0$0")', 'string(10 ** 6144)',
    "{{a: [1,1,1,1,1,1,1,1,1,1], b: [a,a,a,a,a,a,a,a,a,a], c: [b,b,b,b,b,b,b,b,b,b], d: [c,c,c,c,c,c,c,c,c,c], "
    "e: [d,d,d,d,d,d,d,d,d,d], f: [e,e,e,e,e,e,e,e,e,e]}}.f",
    'string join(for i in 1..90000 return "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")', "@\"P999999999Y\" * 1e30",
    'duration("P99999999999999999999Y")', 'date("9999-12-31") + @"P1D"', 'date("0001-01-01") - @"P1D"',
    'date and time("9999-12-31T23:59:59Z") + @"PT1S"', "decimal(1, 6176)", "decimal(1e6144, -6111)", "-" * 70 + "1",
    "(" * 70 + "1" + ")" * 70, "[" * 70 + "]" * 70, "not(" * 70 + "true" + ")" * 70, "1+" * 400 + "1", "x" * 20_001,
    '"' + "\\u0000" + '"', '"\\uD800"', '"\\U110000"', "\u0000", "\u202e1 = 1", "\ufeff1", "1\u00a0+\u00a01",
    "ａｂｓ(1)", "٣ + ٣",
    "e\u0301 = 1", "i" + "\u0307" * 300, "\U0001d7d9 + 1", "if", "then else", "for in return", "..", "[..", "]..[",
    "{{:}}", "@", "@@",
    "/*", "//", "'", '"', "\\", "%00", "&amp;lt;", "<![CDATA[1]]>", "]]>", "<!-- -->", "&xxe;",
    "<!ENTITY x SYSTEM 'file:///etc/passwd'>",
)


def _filled(text: str) -> str:
    return text.replace("{{", "{").replace("}}", "}").replace("{marker}", MARKER)


PAYLOADS: tuple[str, ...] = tuple(dict.fromkeys(
    _filled(each) for each in (*_PYTHON, *(root + walk for root, walk in product(_ROOTS, _WALKS)))
))
