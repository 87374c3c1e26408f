using FsCheck;
using FsCheck.Fluent;
using Orleans.Kpl.Settings;

namespace Orleans.Kpl.Abstractions.Tests.Options;

public class SettingsRoundTripTests
{
    /// <summary>Any settings, written as a user would write them flat, give the same options when read.</summary>
    [Fact]
    public void Read_WhenOptionsAreWrittenFlat_GivesTheSameBack() =>
        Prop.ForAll<int>(seed =>
        {
            var random = new Random(seed);
            var flat = new List<KeyValuePair<string, string?>>();
            foreach (var setting in StreamSettings.All.Where(_ => random.Next(2) == 0))
                flat.Add(new(setting.Name, RandomValue(setting, random)));
            foreach (var setting in StreamSettings.All.Where(_ => random.Next(2) == 0))
                flat.Add(new($"Streams:events:{setting.Name}", RandomValue(setting, random)));
            foreach (var setting in Process.Where(_ => random.Next(2) == 0))
                flat.Add(new(random.Next(2) == 0 || setting.Alias.Length == 0 ? setting.Name : setting.Alias, RandomValue(setting, random)));

            // Contradictions between settings are no matter here, so the options are looked at, not the errors about them.
            var read = KplSettings.Read(flat).Options;
            var again = KplSettings.Read(Write(read)).Options;
            return Write(read).SequenceEqual(Write(again)) && flat.All(given => Write(read).Contains(Canonical(given)));
        }).QuickCheckThrowOnFailure();

    /// <summary>Those that tell where others are, a host and a file, become something else.</summary>
    private static IEnumerable<Setting<KplOptions>> Process =>
        ProcessSettings.All.Where(static s => s.Name is not ("KinesisEndpoint" or "KinesisPort" or "PropertiesFile"));

    private static List<KeyValuePair<string, string?>> Write(KplOptions options) =>
    [
        .. StreamSettings.All.Select(s => new KeyValuePair<string, string?>(s.Name, s.Show(options))),
        .. StreamSettings.All.Select(s => new KeyValuePair<string, string?>($"Streams:events:{s.Name}", s.Show(options.GetStream("events")))),
        .. Process.Select(s => new KeyValuePair<string, string?>(s.Name, s.Show(options))),
    ];

    private static KeyValuePair<string, string?> Canonical(KeyValuePair<string, string?> given) =>
        new(KplSettings.All.FirstOrDefault(s => s.Alias == given.Key)?.Name ?? given.Key, given.Value);

    private static string RandomValue(KplSetting setting, Random random) => setting switch
    {
        Setting<StreamOptions, long> { Value: WholeNumber v } => v.Format(random.NextInt64(v.Min, v.Max)),
        Setting<KplOptions, long> { Value: WholeNumber v } => v.Format(random.NextInt64(v.Min, v.Max)),
        Setting<StreamOptions, TimeSpan> { Value: Duration v } => v.Format(new TimeSpan(random.NextInt64(v.Min.Ticks, v.Max.Ticks))),
        Setting<KplOptions, TimeSpan> { Value: Duration v } => v.Format(new TimeSpan(random.NextInt64(v.Min.Ticks, v.Max.Ticks))),
        Setting<KplOptions, double> { Value: DecimalNumber v } => v.Format(v.Min + random.NextDouble() * (v.Max - v.Min)),
        { Name: "RoleArn" } => $"arn:aws:iam::1:role/{random.Next()}",
        { Name: "Kinesis:EndpointUrl" or "Metrics:EndpointUrl" or "Metrics:DatadogUrl" } => $"https://host-{random.Next()}",
        { Name: "Metrics:Dimensions" or "Metrics:StreamDimensions" or "Metrics:ShardDimensions" } => $"name={random.Next()}",
        { Name: "Metrics:Sinks" } => random.GetItems(["none", "InMemory", "Prometheus,CloudWatch"], 1)[0],
        Setting<KplOptions, string?> or Setting<StreamOptions, string?> or Setting<KplOptions, IReadOnlyList<string>> => $"t{random.Next()}",
        _ => random.GetItems(setting.Range.Split(", "), 1)[0],
    };
}
