using System.Text.Json;
using System.Text.RegularExpressions;

namespace Orleans.Kpl.House.Tests;

/// <summary>Pages that list something list all of it.</summary>
public sealed class ReferencePageTests
{
    private static readonly Regex Ingest = new("""\bMap\(\$?"(/[^"]*)"(?!.*RequestDelegate)""");
    private static readonly Regex Parameter = new(@"\{\{.*?\}\}\}?");
    private static readonly Regex Health = new("""MapMethods\("([^"]+)"[^)]""");
    private static readonly Regex Admin = new("""\b(Get|Post)\("([^"]*)",""");
    private static readonly Regex Constant = new("""const string \w+ = "([^"]+)";""");
    private static readonly Regex CommandCode = new("""<summary>The error code of [^\n]*\s+public const string \w+ = "([^"]+)";""");
    private static readonly Regex FrontType = new("""new(?: FrontException)?\((?:Coral \+ )?"(?:[\w.]+#)?(\w+)",""");
    private static readonly Regex Setting = new(@"public \w+ (\w+) \{ get; set; \} = ([^;]+);");
    private static readonly Regex Instrument = new(@"static readonly MetricDefinition (\w+) =");
    private static readonly Regex PackageVersion = new(@"PackageVersion Include=""([^""]+)""");

    [Fact]
    public void Routes_EachHaveTheirRow()
    {
        var page = Tree.Read("docs/http.md");
        var ingest = Ingest.Matches(Tree.Read("silo/Http/KplIngestEndpoints.cs")).Select(m => "POST " + Parameter.Replace(m.Groups[1].Value, "{stream}"));
        var health = Health.Matches(Tree.Read("silo/Http/KplHealthEndpoints.cs")).Select(m => "GET " + m.Groups[1].Value);
        var admin = Admin.Matches(Tree.Read("silo/Http/KplAdminEndpoints.cs"))
            .Select(m => $"{m.Groups[1].Value.ToUpperInvariant()} {(m.Groups[2].Length == 0 ? "/admin/streams/{stream}" : "…" + m.Groups[2].Value)}");
        HasRows(page, [.. ingest], 3);
        HasRows(page, [.. health], 3);
        HasRows(page, [.. admin], 10);
    }

    [Fact]
    public void ErrorCodes_EachHaveTheirRow()
    {
        var page = Tree.Read("docs/error-codes.md");
        foreach (var type in new[] { "StreamManagerErrorCodes", "HttpErrorCodes" })
            HasRows(page, [.. Constant.Matches(Source(type)).Select(m => m.Groups[1].Value)], 10);
    }

    /// <summary>Codes that the command gives records stood on no page.</summary>
    [Fact]
    public void ErrorCodesOfTheCommand_EachHaveTheirRow()
    {
        string[] folders = ["client/Cli/", "client/Run/"];
        var codes = Tree.Sources.Where(f => folders.Any(d => f.StartsWith(d, StringComparison.Ordinal)))
            .SelectMany(static f => CommandCode.Matches(Tree.Read(f))).Select(static m => m.Groups[1].Value);
        HasRows(Tree.Read("docs/error-codes.md"), [.. codes], 2);
    }

    [Fact]
    public void ErrorsOfTheKinesisFront_AreEachOnItsPage()
    {
        var page = Tree.Read("docs/kinesis-front.md");
        var types = Tree.Sources.Where(static f => f.StartsWith("silo/Kinesis/", StringComparison.Ordinal))
            .SelectMany(static f => FrontType.Matches(Tree.Read(f))).Select(static m => m.Groups[1].Value).ToHashSet();
        Assert.True(types.Count >= 10, $"{types.Count} found");
        Strays.None(types.Where(t => !page.Contains($"`{t}`", StringComparison.Ordinal)));
    }

    [Fact]
    public void Metrics_EachHaveTheirRow() =>
        HasRows(Tree.Read("docs/metrics.md"), [.. Instrument.Matches(Source("KplMetrics")).Select(m => m.Groups[1].Value)], 10);

    /// <summary>No page had the settings of a policy, and the runbook named one that is none.</summary>
    [Fact]
    public void PolicySettings_EachHaveTheirRowWithTheDefault()
    {
        var page = Tree.Read("docs/resharding.md");
        var settings = Setting.Matches(Source("ScalingOptions")).Select(static m => (Name: Told(m.Groups[1].Value), Default: m.Groups[2].Value)).ToList();
        HasRows(page, [.. settings.Select(static s => s.Name)], 10);
        var numbers = settings.Where(static s => char.IsAsciiDigit(s.Default[0])).ToList();
        Assert.True(numbers.Count >= 10, $"{numbers.Count} found");
        Strays.None(numbers.Select(static s => $"| `{s.Name}` | {s.Default.Replace('_', ',')} |").Where(row => !page.Contains(row, StringComparison.Ordinal)));

        static string Told(string name) => name == "CoolDown" ? "cool_down_seconds" : JsonNamingPolicy.SnakeCaseLower.ConvertName(name);
    }

    [Fact]
    public void Dependencies_EachHaveTheirRow()
    {
        var page = Tree.Read("docs/dependencies.md");
        var packages = PackageVersion.Matches(Tree.Read("Directory.Packages.props")).Select(m => m.Groups[1].Value);
        // Microsoft.Extensions.* share one row.
        Strays.None(packages.Where(p => !p.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal) && !page.Contains(p, StringComparison.Ordinal)));

        using var npm = JsonDocument.Parse(Tree.Read("tests/stand-ins/package.json"));
        Strays.None(npm.RootElement.GetProperty("dependencies").EnumerateObject().Select(d => d.Name).Where(n => !page.Contains(n, StringComparison.Ordinal)));
    }

    /// <summary>A row begins with the name; what else a request carries may follow it.</summary>
    private static void HasRows(string page, IReadOnlyList<string> names, int atLeast)
    {
        Assert.True(names.Count >= atLeast, $"{names.Count} found, of at least {atLeast}");
        Strays.None(names.Where(n => !Regex.IsMatch(page, $@"^\| `{Regex.Escape(n)}[`?]", RegexOptions.Multiline)));
    }

    private static string Source(string type) => Tree.Read(Tree.Sources.Single(f => f.EndsWith($"/{type}.cs", StringComparison.Ordinal)));
}
