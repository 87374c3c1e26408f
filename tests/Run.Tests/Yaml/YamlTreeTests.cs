using Orleans.Kpl.Run.Yaml;

namespace Orleans.Kpl.Run.Tests.Yaml;

/// <remarks>Tests <see cref="FieldReader"/> too.</remarks>
public sealed class YamlTreeTests
{
    private readonly RunFindings _findings = new("run.yaml");

    [Theory]
    [InlineData("", "run.yaml:1:1: the file is empty")]
    [InlineData("a: [", "run.yaml:")]
    [InlineData("a: 1\n--- \nb: 1", "a second document begins here")]
    [InlineData("a: *x", "'*x' names no anchor above")]
    [InlineData("a: 1\nb: 2\na: 3", "run.yaml:3:1: a: stands twice: first in line 1")]
    [InlineData("a: !!int 1", "tag 'tag:yaml.org,2002:int' is not known here")]
    [InlineData("? [a]\n: 1", "a name is a text")]
    [InlineData("a: ${X}", "run.yaml:1:4: a: environment variable X is not set")]
    public void Read_OfWhatIsWrong_SaysWhere(string text, string error)
    {
        YamlTree.Read(text, static _ => null, _findings);
        Assert.Contains(error, Assert.Single(_findings.Errors), StringComparison.Ordinal);
    }

    /// <summary>The parser's words about its states once reached whoever wrote the file.</summary>
    [Theory]
    [InlineData("a: [1, 2", "no YAML: '[' has no ']'")]
    [InlineData("a: {b: 1", "no YAML: '{' has no '}'")]
    [InlineData("input: {stdin: {}\noutput: { tier: { stream_name: events } }\n", "run.yaml:1:17: no YAML: a '{' or '[' before this place is not closed")]
    [InlineData("processors: [ parse_json\noutput: {stdout: {}}\n", "no YAML: a '{' or '[' before this place is not closed")]
    [InlineData("a:\n\tb: 1", "run.yaml:2:1: no YAML: a tab indents this line")]
    [InlineData("a: \"x", "no YAML: a quote that is opened before has no end")]
    [InlineData("a: \"\\x\"", "no YAML: ")]
    [InlineData("a: b: c", "no YAML: a ': ' too many in this line")]
    [InlineData("a: 1\n  b: 2", "no YAML: a ': ' too many in this line")]
    [InlineData("a:\n  b: 1\n c: 2", "or is indented otherwise than those beside it")]
    [InlineData("a: - 1", "no YAML: '- ' begins a line of its own")]
    [InlineData("a: 1\nb\nc: 2", ":2:1: no YAML: this line has no name with ': ' behind it")]
    [InlineData("a:\n  : 5", ":2:4: no YAML: a name or a value is missing here")] // It was a stack trace.
    [InlineData("a: @x", "no YAML: no text begins with this character")]
    [InlineData("a:\n- 1\n b: 2", "no YAML: ")]
    [InlineData("%YAML x\n---\na: 1", "no YAML: what stands here has no place there")]
    public void Read_OfNoYaml_SaysItForPeople(string text, string error)
    {
        Assert.Null(YamlTree.Read(text, static _ => null, _findings));
        var told = Assert.Single(_findings.Errors);
        Assert.Contains(error, told, StringComparison.Ordinal);
        Assert.DoesNotMatch("(?i)while |scann|pars|token|scalar|expected|block|flow", told);
    }

    [Fact]
    public void Read_OfValuesDeepInOneAnother_IsAnError_NotTheEndOfTheProcess()
    {
        Assert.Null(YamlTree.Read(new string('[', 100_000), static _ => null, _findings));
        Assert.Contains("more than 32 deep", Assert.Single(_findings.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_OfAnAlias_IsTheAnchorsValue()
    {
        var root = (YamlMapping)YamlTree.Read("a: &x { b: 1 }\nc: *x", static _ => null, _findings)!;
        Assert.Empty(_findings.Errors);
        Assert.Equal("1", ((YamlText)((YamlMapping)root.Find("c")!).Find("b")!).Text);
    }

    /// <summary>A variable is filled in after the file was read, so it cannot bring fields of its own.</summary>
    [Fact]
    public void Read_OfAVariableThatLooksLikeYaml_IsAText()
    {
        var root = (YamlMapping)YamlTree.Read("a: ${X}", static _ => "1\nb: 2", _findings)!;
        Assert.Equal(["a"], root.Entries.Select(static entry => entry.Name));
        Assert.Equal("1\nb: 2", ((YamlText)root.Find("a")!).Text);
    }
}

public sealed class EnvironmentTextTests
{
    private static readonly Dictionary<string, string> Variables = new() { ["A"] = "1", ["EMPTY"] = "", ["ODD"] = "${A}: }" };

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("${A}", "1")]
    [InlineData("x${A}y${A}", "x1y1")]
    [InlineData("${B:-two}", "two")]
    [InlineData("${EMPTY:-two}", "two")]
    [InlineData("${EMPTY}", "")]
    [InlineData("${B:-}", "")]
    [InlineData("${A:-two}", "1")]
    [InlineData("$${A}", "${A}")]
    [InlineData("cost $5", "cost $5")]
    [InlineData("${ODD}", "${A}: }")]
    public void Fill_GivesVariablesAndDefaults(string text, string filled)
    {
        var errors = new List<string>();
        Assert.Equal(filled, EnvironmentText.Fill(text, Variables.GetValueOrDefault, errors.Add));
        Assert.Empty(errors);
    }

    [Theory]
    [InlineData("${B}", "environment variable B is not set")]
    [InlineData("${A", "has no '}'")]
    [InlineData("${a b}", "names no environment variable")]
    [InlineData("${}", "names no environment variable")]
    public void Fill_OfWhatIsNotThere_IsAnError(string text, string error)
    {
        var errors = new List<string>();
        EnvironmentText.Fill(text, Variables.GetValueOrDefault, errors.Add);
        Assert.Contains(error, Assert.Single(errors), StringComparison.Ordinal);
    }
}
