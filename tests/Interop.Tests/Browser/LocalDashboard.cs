using System.Text.Json.Nodes;

namespace Orleans.Kpl.Interop.Tests.Browser;

/// <summary>The dashboard of a local tier, in a real browser.</summary>
internal static class LocalDashboard
{
    /// <summary>Starts a tier and looks at its page. The page may neither log an error nor ask anybody else for anything.</summary>
    /// <param name="time">For how long, where it does so for a time.</param>
    public static async Task<JsonNode> LookAsync(string what, TimeSpan time, params string[] arguments)
    {
        Needs.NodePackages();
        Needs.Chromium();
        await using var tier = await LocalProcess.StartReadyAsync(arguments);
        return await DashboardScript.RunAsync(time, tier.Http.BaseAddress!.OriginalString, tier.Kinesis.OriginalString, what, $"{time.TotalSeconds}");
    }
}
