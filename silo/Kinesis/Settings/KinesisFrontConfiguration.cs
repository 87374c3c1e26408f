using Microsoft.Extensions.Configuration;
using Orleans.Kpl.Settings;

namespace Orleans.Kpl.Kinesis.Settings;

/// <summary>Reads section <c>Kpl:Front</c>.</summary>
internal static class KinesisFrontConfiguration
{
    /// <summary>The section's name below <c>Kpl</c>.</summary>
    public const string SectionName = "Front";

    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    private delegate string? Apply(KinesisFrontOptions options, string text);

    private static readonly Dictionary<string, Apply> All = new(StringComparer.OrdinalIgnoreCase)
    {
        [nameof(KinesisFrontOptions.AnswerWithin)] = static (o, text) =>
        {
            if (!DurationText.TryParse(text, out var value) || value < Shortest || value > Longest)
                return "a duration from 100ms to 5m";
            o.AnswerWithin = value;
            return null;
        },
        [nameof(KinesisFrontOptions.Ack)] = static (o, text) =>
        {
            if (!Enum.TryParse<AckLevel>(text, ignoreCase: true, out var level) || level is not (AckLevel.Delivered or AckLevel.Persisted))
                return "Delivered or Persisted";
            o.Ack = level;
            return null;
        },
        [nameof(KinesisFrontOptions.SignedRegions)] = static (o, text) =>
        {
            o.SignedRegions = Parts(text);
            return o.SignedRegions.All(IsRegion) ? null : "regions such as eu-central-1, with commas between them";
        },
        [nameof(KinesisFrontOptions.SignedHosts)] = static (o, text) =>
        {
            o.SignedHosts = Parts(text);
            return o.SignedHosts.All(IsHost) ? null : "host names such as kinesis.example.org or kinesis.example.org:8443, with commas between them";
        },
    };

    /// <summary>The settings of the section.</summary>
    public static IReadOnlyCollection<string> Names => All.Keys;

    /// <summary>Reads and checks the options; reports every error, not only the first.</summary>
    /// <param name="kplSection">Section <c>Kpl</c>.</param>
    /// <param name="hasBacklog">Whether the process has a durable backlog, which <c>Ack=Persisted</c> needs.</param>
    /// <param name="errors">The errors; each names its setting, the value and what is allowed.</param>
    public static KinesisFrontOptions Read(IConfiguration kplSection, bool hasBacklog, out IReadOnlyList<string> errors)
    {
        ArgumentNullException.ThrowIfNull(kplSection);
        var options = new KinesisFrontOptions();
        var found = new List<string>();
        foreach (var child in kplSection.GetSection(SectionName).GetChildren())
        {
            // A list may also be written as an array, or as indexed variables of the environment.
            var text = child.Value ?? string.Join(',', child.GetChildren().Select(static c => c.Value));
            if (!All.TryGetValue(child.Key, out var apply))
                found.Add($"Kpl:Front:{child.Key} is not known; {Advice(child.Key)}");
            else if (apply(options, text.Trim()) is { } allowed)
                found.Add($"Kpl:Front:{child.Key} is '{text}': it must be {allowed}");
        }

        if (options.Ack == AckLevel.Persisted && !hasBacklog)
            found.Add("Kpl:Front:Ack is 'Persisted': it needs the durable backlog, and this process has none: Kpl:Backlog:Directory names a folder for it, and --data of the local tier");
        errors = found;
        return options;
    }

    private static string Advice(string key) =>
        NearestSetting.Advice(NearestSetting.FindAmong(key, All.Keys) is { } nearest ? $"{SectionName}:{nearest}" : null);

    private static string[] Parts(string text) => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static bool IsRegion(string text) => text.Length <= 64 && text.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-');

    private static bool IsHost(string text) => Uri.TryCreate($"http://{text}/", UriKind.Absolute, out var url) && url.PathAndQuery == "/" && url.UserInfo.Length == 0;
}
