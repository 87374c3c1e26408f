using Microsoft.Extensions.Configuration;
using Orleans.Kpl.Http;
using Orleans.Kpl.Settings;

namespace Orleans.Kpl.Kinesis.Settings;

/// <summary>The settings of the Kinesis front: section <c>Kpl:Front</c>.</summary>
internal sealed class KinesisFrontOptions
{
    /// <summary>
    /// How long a put waits for room at most, into an ordered stream a quarter of a second, and the time-to-live of its records from then on.
    /// A call to Kinesis that is under way is awaited, so that
    /// no answer is a guess. Default 5 s; 100 ms to 5 min.
    /// </summary>
    public TimeSpan AnswerWithin { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// When a put is answered: <see cref="AckLevel.Delivered"/> with the sequence number, or <see cref="AckLevel.Persisted"/>, in the durable backlog,
    /// with sequence number 0. Default delivered.
    /// </summary>
    public AckLevel Ack { get; set; } = AckLevel.Delivered;

    /// <summary>The regions that signatures may be for; empty for any. Default empty.</summary>
    public IReadOnlyList<string> SignedRegions { get; set; } = [];

    /// <summary>
    /// Host names, with their port where clients send one, that signatures may be for in addition to the one that the request has: for proxies that
    /// change it. Default empty.
    /// </summary>
    public IReadOnlyList<string> SignedHosts { get; set; } = [];
}

/// <summary>Reads section <c>Kpl:Front</c>.</summary>
internal static class KinesisFrontConfiguration
{
    private const string SectionName = "Front";

    /// <summary>The settings of the section.</summary>
    public static SettingTable<KinesisFrontOptions> All { get; } = new()
    {
        { "Front:AnswerWithin", "How long a put waits for room (into an ordered stream 250 ms at most), and the time-to-live of its records from then on; a call under way is awaited.",
            new Duration(TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5)), static o => o.AnswerWithin, static (o, v) => o.AnswerWithin = v },
        { "Front:Ack", "When a put is answered; persisted, its sequence number is 0. `Persisted` needs `Backlog:Directory` or a tier with DynamoDB.",
            new Choice<AckLevel>(("Delivered", AckLevel.Delivered), ("Persisted", AckLevel.Persisted)), static o => o.Ack, static (o, v) => o.Ack = v },
        { "Front:SignedRegions", "The regions that signatures may be for; none means any.",
            new TextList("regions such as eu-central-1", Text.IsRegion), static o => o.SignedRegions, static (o, v) => o.SignedRegions = v },
        { "Front:SignedHosts", "Host names that signatures may be for, beside the one that the request has: for proxies that change it.",
            new TextList("host names such as kinesis.example.org or kinesis.example.org:8443", IsHost), static o => o.SignedHosts, static (o, v) => o.SignedHosts = v },
    };

    /// <summary>Reads and checks the options; reports every error, not only the first.</summary>
    /// <param name="hasBacklog">Whether the process has a durable backlog, which <c>Ack=Persisted</c> needs.</param>
    /// <param name="errors">The errors; each names its setting, the value and what is allowed.</param>
    public static KinesisFrontOptions Read(IConfiguration kplSection, bool hasBacklog, out IReadOnlyList<string> errors)
    {
        ArgumentNullException.ThrowIfNull(kplSection);
        var options = new KinesisFrontOptions();
        var found = All.Read(options, KplHttpConfiguration.Flatten(kplSection.GetSection(SectionName), SectionName));
        if (options.Ack == AckLevel.Persisted && !hasBacklog)
            found.Add("Kpl:Front:Ack is 'Persisted': it needs the durable backlog, and this process has none: Kpl:Backlog:Directory names a folder for it, and --data of the local tier");
        errors = found;
        return options;
    }

    private static bool IsHost(string text) => Uri.TryCreate($"http://{text}/", UriKind.Absolute, out var url) && url.PathAndQuery == "/" && url.UserInfo.Length == 0;
}
