using Orleans.Kpl.Producer.Tests.Logging;

namespace Orleans.Kpl.Producer.Tests.Setup;

public sealed class GlueAbsenceTests
{
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
