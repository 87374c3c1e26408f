using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Http.Tests;

/// <summary>The table of docs/settings.md has each setting of HTTP, with the default and the range that the code has.</summary>
public sealed partial class HttpSettingsPageTests
{
    private static readonly List<(string Name, string Default, string Allowed)> Rows =
        [.. Row().Matches(File.ReadAllText(Path.Combine(Checkout.Root, "docs", "settings.md")).ReplaceLineEndings("\n"))
            .Select(m => (m.Groups[1].Value, m.Groups[2].Value, m.Groups[3].Value))];

    public static TheoryData<string, string, string> Ranges =>
        [.. from row in Rows let range = Range().Match(row.Allowed) where range.Success select (row.Name, range.Groups[1].Value, range.Groups[2].Value)];

    [Fact]
    public void Rows_AreTheSettings() => Assert.Equal(KplHttpConfiguration.Names.Order(), Rows.Select(r => r.Name).Order());

    [Fact]
    public void Defaults_AreThoseOfTheOptions()
    {
        var options = new KplHttpOptions();
        Assert.All(Rows, r => Assert.Equal(r.Default, typeof(KplHttpOptions).GetProperty(r.Name)!.GetValue(options) switch
        {
            TimeSpan time => $"{time.TotalSeconds}s",
            IReadOnlyList<string> { Count: 0 } => "",
            bool flag => flag ? "true" : "false",
            var value => Convert.ToString(value, CultureInfo.InvariantCulture),
        }));
    }

    [Theory]
    [MemberData(nameof(Ranges))]
    public void Range_OfASetting_IsWhatIsTaken(string name, string least, string most)
    {
        Assert.Empty(Errors(name, least));
        Assert.Empty(Errors(name, most));
        Assert.NotEmpty(Errors(name, Beside(least, -1)));
        Assert.NotEmpty(Errors(name, Beside(most, 1)));
    }

    [Fact]
    public void Ranges_AreSaidOfAllNumbersAndTimes() =>
        Assert.Equal(
            [
                "AcceptTimeout", "AdminPort", "BodyTimeout", "DrainDelay", "HealthPort", "MaxBodyBytes", "MaxBodyMemory", "MaxConnections",
                "MaxConnectionsPerAddress", "MaxRecords", "Port", "RetryAfter",
            ],
            Rows.Where(r => Range().IsMatch(r.Allowed)).Select(r => r.Name).Order());

    private static IReadOnlyList<string> Errors(string name, string value)
    {
        KplHttpConfiguration.Read(new ConfigurationBuilder().AddInMemoryCollection([new(name, value)]).Build(), out var errors);
        return errors;
    }

    /// <summary>The neighbour of a number or of a time.</summary>
    private static string Beside(string bound, int step)
    {
        var unit = bound.TrimStart("-0123456789".ToCharArray());
        return (long.Parse(bound[..^unit.Length], CultureInfo.InvariantCulture) + step).ToString(CultureInfo.InvariantCulture) + unit;
    }

    [GeneratedRegex(@"^\| `Http:(\w+)` \| (?:`([^`]*)`|none) \| ([^|]*) \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"^(-?\d+[a-z]*) to (\d+[a-z]*)$")]
    private static partial Regex Range();
}
