using System.Text.Json;
using Orleans.Kpl.Metrics.Tests.Collecting;

namespace Orleans.Kpl.Metrics.Tests.CloudWatch;

/// <summary>What a CloudWatch that is not ours makes of the uploads: moto, a Python package, asked by boto3.</summary>
public sealed class MotoTests
{
    private const string Ask = """
        import boto3, datetime, json, sys
        cloudwatch = boto3.client("cloudwatch", endpoint_url=sys.argv[1], region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
        now = datetime.datetime.utcnow()
        found = {}
        for metric in cloudwatch.list_metrics(Namespace="KinesisProducerLibrary")["Metrics"]:
            points = cloudwatch.get_metric_statistics(Namespace="KinesisProducerLibrary", MetricName=metric["MetricName"], Dimensions=metric["Dimensions"],
                StartTime=now - datetime.timedelta(hours=1), EndTime=now + datetime.timedelta(hours=1), Period=7200,
                Statistics=["Sum", "SampleCount", "Average"])["Datapoints"]
            key = metric["MetricName"] + "{" + ",".join(d["Name"] + "=" + d["Value"] for d in metric["Dimensions"]) + "}"
            found[key] = [sum(p["Sum"] for p in points), sum(p["SampleCount"] for p in points), points[0]["Average"]]
        print(json.dumps(found))
        """;

    [Fact]
    public async Task Statistics_AreThoseThatWereUploaded()
    {
        await using var moto = await Moto.StartAsync();
        var options = new KplOptions
        {
            Metrics = { Sinks = ["CloudWatch"], EndpointUrl = moto.Url, Region = "eu-west-1", AccessKeyId = "AKID", SecretAccessKey = "secret" },
        };
        await using var some = new TestInstruments(options, TimeProvider.System);
        some.Instruments.Put("s", "a", 90, 900);
        some.Instruments.Failed("s", "a", RecordStatus.Failed, "x", 10);
        some.Instruments.Buffered(some.Instruments.Of("s", "b"), TimeSpan.FromMilliseconds(4), 3);
        await some.Collector.UploadAsync(TestContext.Current.CancellationToken);

        var found = JsonSerializer.Deserialize<Dictionary<string, double[]>>(await moto.AskAsync(Ask))!;
        Assert.NotEmpty(found);
        string[] names = ["UserRecordsPut", "BufferingTime", "UserRecordsFailed"];
        List<MetricSeries> uploaded = [.. some.Collector.InMemory.All().Where(m => names.Contains(m.Name))];
        Assert.True(uploaded.Count >= 9);
        foreach (var metric in uploaded)
        {
            // moto takes dimensions as a filter, and adds up all series that have them; CloudWatch does not.
            var alike = uploaded.Where(m => m.Name == metric.Name && metric.Dimensions.All(m.Dimensions.Contains)).ToList();
            var (sum, count) = (alike.Sum(static m => m.Sum), alike.Sum(static m => m.Count));
            Assert.Equal([sum, count, sum / count], found[metric.ToString().Split(' ')[0]]);
        }
    }
}
