using Orleans.Kpl.Producer.Setup;
using Orleans.Kpl.Producer.Tests.Logging;

namespace Orleans.Kpl.Producer.Tests.Setup;

/// <summary>Packages that settings ask for and nobody has added.</summary>
public class CollectorAbsenceTests
{
    [Fact]
    public void FindWarnings_PropertiesThatAskForCloudWatchWithoutThePackage_NamesIt()
    {
        var options = KplOptions.FromProperties("Region=eu-west-1");
        Assert.Equal(
            ["Kpl:Metrics:Sinks is 'CloudWatch', and nothing uploads: add package Orleans.Kpl.Metrics, and start a MetricsCollector before the producer"],
            CollectorAbsence.FindWarnings(options.Metrics, [typeof(KplProducer).Assembly]));
    }

    [Theory]
    [InlineData("MetricsLevel=none")]
    [InlineData(null)]
    public void FindWarnings_WhereNobodyAsksForAnUpload_IsSilent(string? properties)
    {
        var options = properties is null ? new KplOptions() : KplOptions.FromProperties(properties);
        Assert.Empty(CollectorAbsence.FindWarnings(options.Metrics, []));
    }

    [Fact]
    public async Task Create_FromProperties_LogsWhatTheyLeaveOutAndThePackage()
    {
        var options = KplOptions.FromProperties("Region=eu-west-1\nUnknown=1");
        options.Kinesis.EndpointUrl = new Uri("http://127.0.0.1:1");
        using var log = new CapturedLog();
        await using (KplProducer.Create(options, log))
        {
        }

        Assert.Contains(log.Lines, static l => l.Line.Contains("'Unknown' is no key of KPL", StringComparison.Ordinal));
        Assert.Contains(log.Lines, static l => l.Line.Contains("KPL's own defaults hold for what it leaves out: RateLimit 150", StringComparison.Ordinal));
        Assert.Contains(log.Lines, static l => l.Line.Contains("package Orleans.Kpl.Metrics", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/etc/glue.properties", 1)]
    [InlineData(null, 0)]
    public async Task Create_WithAFileForGlueWithoutThePackage_NamesThePackage(string? path, int warnings)
    {
        using var log = new CapturedLog();
        var options = new KplOptions
        {
            Kinesis = { Region = "eu-west-1", EndpointUrl = new Uri("http://127.0.0.1:1") }, GlueSchemaRegistryPropertiesFilePath = path,
        };
        await using (KplProducer.Create(options, log))
        {
        }

        Assert.Equal(warnings, log.Lines.Count(static l => l.Line.Contains("and nothing reads it: add package Orleans.Kpl.Glue", StringComparison.Ordinal)));
    }
}
