using Orleans.Kpl.Aws.Checking;
using Orleans.Kpl.Aws.Tests.Serving;

namespace Orleans.Kpl.Aws.Tests.Checking;

/// <summary>What a check says of the streams where the settings do not tell how to reach Kinesis.</summary>
public sealed class UnaskedCheckTests
{
    [Theory]
    [InlineData(OrderedMode.Off, "kinesis:PutRecords")]
    [InlineData(OrderedMode.PutRecord, "kinesis:PutRecord")]
    public async Task Check_ThatCanAskNothing_NamesTheCallThatTheStreamIsSentBy(OrderedMode ordered, string put)
    {
        KplOptions options = new() { Kinesis = { Region = "eu-west-1", Profile = "nobody" } };
        options.ForStream("events", o => o.Ordered = ordered);

        var report = await KinesisCheck.RunAsync(
            options, [], ["events"], Gateways.NoEnvironment, TimeProvider.System, TestContext.Current.CancellationToken);

        var lines = report.Lines.Where(static l => l.Stream == "events").ToList();
        Assert.Equal(["stream", "kinesis:DescribeStreamSummary", "kinesis:ListShards", put, "limits"], lines.Select(static l => l.Name));
        Assert.All(lines, static l => Assert.Equal(KplCheckStatus.NotChecked, l.Status));
    }
}
