using Orleans.Kpl.Run.Yaml;

namespace Orleans.Kpl.Run.Tests.Yaml;

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
