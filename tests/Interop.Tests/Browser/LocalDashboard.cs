using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Orleans.Kpl.Interop.Tests.Browser;

/// <summary>The dashboard of a local tier, in a real browser.</summary>
internal static partial class LocalDashboard
{
    /// <summary>Starts a tier and looks at its page. The page may neither log an error nor ask anybody else for anything.</summary>
    /// <param name="time">For how long, where it does so for a time.</param>
    public static async Task<JsonNode> LookAsync(string what, TimeSpan time, params string[] arguments)
    {
        Needs.NodePackages();
        Needs.Chromium();
        await using var tier = await Server.StartAsync(
            Needs.Program("Orleans.Kpl.Local", "Orleans.Kpl.Local"), ["--http-port", "0", "--kinesis-port", "0", .. arguments]);
        var places = Places().Match(tier.Ready);
        return await DashboardScript.RunAsync(time, places.Groups[1].Value, places.Groups[2].Value, what, $"{time.TotalSeconds}");
    }

    [GeneratedRegex(@"http=(\S+) kinesis=(\S+)")]
    private static partial Regex Places();
}
