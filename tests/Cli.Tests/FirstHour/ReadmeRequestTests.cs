using System.Text.RegularExpressions;

namespace Orleans.Kpl.Cli.Tests.FirstHour;

/// <summary>README's requests, against a local tier as README starts it.</summary>
public sealed partial class ReadmeRequestTests(FirstHourTier tier) : IClassFixture<FirstHourTier>
{
    /// <summary>README's other lines for a shell, in the order in which they stand, pasted where the tier of its first screen runs.</summary>
    [Fact]
    public async Task Readme_RequestsWork()
    {
        Assert.SkipWhen(PseudoTerminal.Obstacle is not null, PseudoTerminal.Obstacle ?? "");
        using var user = new Transcript(("KPL_TIER", tier.Http));
        Assert.SkipUnless(File.Exists("/usr/bin/curl"), "there is no /usr/bin/curl");
        var lines = ShellLine().Matches(await File.ReadAllTextAsync(Checkout.Root + "README.md")).Select(static m => m.Groups[1].Value).ToList();
        Assert.InRange(lines.Count(static l => l.StartsWith("curl ", StringComparison.Ordinal)), 3, 10);

        foreach (var line in lines)
        {
            var own = line.Replace("http://127.0.0.1:8080", tier.Http, StringComparison.Ordinal).Replace("curl ", "curl -f -s -S ", StringComparison.Ordinal);
            var seen = await user.RunAsync(own);
            Assert.Contains("[exit 0]", seen, StringComparison.Ordinal);
            Assert.DoesNotContain("error_code\":\"", seen, StringComparison.Ordinal);
        }
    }

    [GeneratedRegex(@"^    ((?:curl|printf) .+)$", RegexOptions.Multiline)]
    private static partial Regex ShellLine();
}
