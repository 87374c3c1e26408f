using System.Text.Json.Nodes;
using Orleans.Kpl.Interop.Tests.Processes;

namespace Orleans.Kpl.Interop.Tests.Browser;

/// <summary>The script that looks at a dashboard in a real browser.</summary>
internal static class DashboardScript
{
    /// <summary>Runs it. The page may neither log an error nor ask anybody else for anything.</summary>
    /// <param name="time">How much longer than usual it may take.</param>
    /// <param name="arguments">Its arguments after the browser: the tier, its Kinesis, what to do, and what that needs.</param>
    public static async Task<JsonNode> RunAsync(TimeSpan time, params string[] arguments)
    {
        var outcome = await Command.RunAsync("node", [Path.Combine(Needs.StandIns, "dashboard.mjs"), Needs.Chromium(), .. arguments], longer: time);
        Assert.True(outcome.ExitCode == 0, $"{outcome.Output}{outcome.Error}");
        var seen = JsonNode.Parse(outcome.Output)!;
        Assert.Empty(seen["errors"]!.AsArray().Select(static e => (string?)e));
        return seen;
    }
}
