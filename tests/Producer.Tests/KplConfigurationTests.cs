using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Configuration;
using Orleans.Kpl.Producer.Tests.Logging;
using Orleans.Kpl.Settings;

namespace Orleans.Kpl.Producer.Tests;

public class KplConfigurationTests
{
    [Fact]
    public void Read_WhenFromJson_TakesStreamsKinesisAndProcess()
    {
        var options = KplConfiguration.Read(Json(
            """
            { "Kpl": {
                "RecordTtl": "1m", "AggregationEnabled": false, "MaxAttempts": 5, "Region": null, "Streams": { },
                "Kinesis": { "EndpointUrl": "http://127.0.0.1:4567", "VerifyCertificate": "False" }
            } }
            """));
        Assert.Equal((TimeSpan.FromMinutes(1), false, 5), (options.RecordTtl, options.AggregationEnabled, options.MaxAttempts));
        Assert.Equal((new Uri("http://127.0.0.1:4567"), false), (options.Kinesis.EndpointUrl!, options.Kinesis.VerifyCertificate));
    }

    /// <summary>Lists of a cluster and of HTTP could be arrays, and those of the process were unknown settings.</summary>
    [Fact]
    public void Read_WhenListsAreArrays_TakesThem()
    {
        var options = KplConfiguration.Read(Json(
            """
            { "Kpl": {
                "Metrics": { "Sinks": ["Prometheus", "cloudwatch"], "Meters": ["System.Runtime", null, "Mine"], "Dimensions": ["env=prod", "team=orders"] },
                "Otlp": { "Sources": ["Mine"] }
            } }
            """));
        Assert.Equal(["Prometheus", "CloudWatch"], options.Metrics.Sinks);
        Assert.Equal(["System.Runtime", "Mine"], options.Metrics.Meters);
        Assert.Equal(["env", "team"], options.Metrics.Dimensions.Select(static d => d.Key));
        Assert.Equal(["Mine"], options.Otlp.Sources);
    }

    [Fact]
    public void Read_WhenAStreamIsAnArn_FindsIt()
    {
        const string arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/events";
        var options = KplConfiguration.Read(Json($$"""{ "Kpl": { "Streams": { "{{arn}}": { "RateLimit": 40 }, "events": { "RateLimit": 30 } } } }"""));
        Assert.Equal((40, 30), (options.GetStream(arn).RateLimit, options.GetStream("events").RateLimit));
    }

    [Fact]
    public void Read_WhenTheSectionIsMissing_GivesTheDefaults() =>
        Assert.Equal(100, KplConfiguration.Read(Json("{}")).RateLimit);

    [Fact]
    public void Read_WhenSectionsOfOtherPackagesAreThere_PassesOverThemOnly()
    {
        var section = Json("""{ "Kpl": { "Http": { "Port": 1 }, "Cluster": { "Id": "x" }, "DynamoDb": { "Region": "x" }, "Typo": { "A": { "B": 1 } } } }""");
        Assert.StartsWith("Kpl:Typo:A:B is not known", Assert.Single(Assert.Throws<KplOptionsException>(() => KplConfiguration.Read(section)).Errors),
            StringComparison.Ordinal);
    }

    /// <summary>AddKpl told them. A program that read the section itself heard nothing of what has no effect, nor of what KPL's file brought along.</summary>
    [Fact]
    public async Task Read_WhenSettingsAreOdd_HasTheProducerLogThem_EachOnce()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("kpl.properties", "MetricsLevel=none\nNoKey=1\n");
        var (log, section) = (new CapturedLog(), new ConfigurationBuilder().AddInMemoryCollection(
            [
                new("Kpl:PropertiesFile", file), new("Kpl:TempDirectory", "/tmp"), new("Kpl:RecordTtl", "1s"), new("Kpl:RecordMaxBufferedTime", "2s"),
                new("Kpl:Kinesis:EndpointUrl", "http://127.0.0.1:1"),
            ]).Build().GetSection("Kpl"));

        await using var producer = KplProducer.Create(KplConfiguration.Read(section), log);

        string[] told = ["TempDirectory is accepted and has no effect", "no key of KPL", "KPL's own defaults hold", "longer than RecordTtl"];
        var texts = log.Texts.Where(static t => t.StartsWith("Settings: ", StringComparison.Ordinal)).ToList();
        Assert.All(told, part => Assert.Single(texts, t => t.Contains(part, StringComparison.Ordinal)));
    }

    [Fact]
    public void Read_WhenASectionHasAValueBesideItsSettings_SaysSo()
    {
        var section = new ConfigurationBuilder().AddInMemoryCollection([new("Kpl:Kinesis", "x"), new("Kpl:Kinesis:Region", "eu-west-1")]).Build()
            .GetSection("Kpl");
        Assert.StartsWith("Kpl:Kinesis is a section", Assert.Single(KplConfiguration.ReadReport(section).Errors), StringComparison.Ordinal);
    }

    [Fact]
    public void Flatten_WhenNestedAnywhichWay_GivesTheFlatSettingsBack() =>
        Prop.ForAll<int>(seed =>
        {
            var random = new Random(seed);
            var flat = new SortedDictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
            foreach (var setting in KplSettings.All.Where(_ => random.Next(3) == 0))
                flat[setting.Name] = setting.Default;
            foreach (var setting in StreamSettings.All.Where(_ => random.Next(3) == 0))
                flat[$"Streams:stream-{random.Next(3)}:{setting.Name}"] = setting.Default;

            var nested = new Dictionary<string, object>(StringComparer.OrdinalIgnoreCase);
            foreach (var (key, value) in flat)
                Nest(nested, key.Split(':'), value!);
            var read = KplConfiguration.Flatten(Json($$"""{ "Kpl": {{Write(nested)}} }"""));
            return read.OrderBy(p => p.Key, StringComparer.OrdinalIgnoreCase).SequenceEqual(flat);
        }).QuickCheckThrowOnFailure();

    private static void Nest(Dictionary<string, object> into, string[] path, string value)
    {
        if (path.Length == 1)
            into[path[0]] = value;
        else
            Nest((Dictionary<string, object>)(into.TryGetValue(path[0], out var below) ? below : into[path[0]] = new Dictionary<string, object>()),
                path[1..], value);
    }

    private static string Write(object node) => node is Dictionary<string, object> section
        ? $"{{{string.Join(",", section.Select(p => $"\"{p.Key}\":{Write(p.Value)}"))}}}"
        : $"\"{node}\"";

    private static IConfigurationSection Json(string json) =>
        new ConfigurationBuilder().AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(json))).Build().GetSection("Kpl");
}
