using System.Collections.Concurrent;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Producer.Setup;
using Orleans.Kpl.Producer.Tests.Logging;

namespace Orleans.Kpl.Producer.Tests.Setup;

/// <summary>The one line of a producer that has no log.</summary>
[Collection(nameof(ReachNoticeTests))]
[CollectionDefinition(nameof(ReachNoticeTests), DisableParallelization = true)]
public sealed class ReachNoticeTests
{
    [Fact]
    public async Task WithoutALog_WhenKinesisCannotBeReached_SaysSoOnceAtOnce()
    {
        using var dead = new DeadEndpoint();
        var said = await ListenAsync(async heard =>
        {
            await using var producer = KplProducer.Create(Options(dead.Url));
            await PutAndExpireAsync(producer);
            // It is said beside the records, which may end first on a busy machine. What fails later says nothing more.
            await Waiting.UntilAsync(() => heard.Lines.Count > 0);
            await PutAndExpireAsync(producer);
        });
        var line = Assert.Single(said);
        Assert.StartsWith($"Orleans.Kpl: calls to Kinesis at {dead.Url.GetLeftPart(UriPartial.Authority)} fail for stream ", line, StringComparison.Ordinal);
        Assert.Contains(": ConnectionFailed: ", line, StringComparison.Ordinal);
        Assert.Contains("KplProducer.CheckAsync", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithALog_WhenKinesisCannotBeReached_SaysNothingElsewhere()
    {
        using var dead = new DeadEndpoint();
        var said = await ListenAsync(async _ =>
        {
            await using var producer = KplProducer.Create(Options(dead.Url), new CapturedLog());
            await producer.PutAsync("events", new UserRecord("a", default));
        });
        Assert.Empty(said);
    }

    [Fact]
    public async Task WithoutALog_WhenAllIsWell_SaysNothing()
    {
        await using var kinesis = await Sockets.LocalKinesis.StartAsync();
        var said = await ListenAsync(async _ =>
        {
            await using var producer = kinesis.Producer();
            Assert.True((await producer.PutAsync("events", new UserRecord("a", default))).IsSuccess);
        });
        Assert.Empty(said);
    }

    [Fact]
    public async Task WhileTheFirstAnswerDoesNotCome_SaysSoBeforeTwoSecondsHavePassed()
    {
        await using var kinesis = await Sockets.LocalKinesis.StartAsync();
        kinesis.Server.Kinesis.Faults.Add(new Orleans.Kpl.LocalKinesis.Faults.HalfOpenFault());
        var time = new FakeTimeProvider();
        var lines = new List<string>();
        var notice = new ReachNotice(kinesis.Server.Url, time, lines.Add);
        var options = kinesis.Options(o => o.DrainTimeout = TimeSpan.Zero);
        using var gateway = Orleans.Kpl.Aws.KinesisClient.Create(options.Kinesis, time);
        await using var pipeline = new ProducerPipeline(
            options, gateway, new Orleans.Kpl.Adapters.Logging.PipelineLog(Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, time, false), time,
            new Random(1), started: notice.Watch);
        _ = pipeline.Uses.Get("events");
        time.Advance(TimeSpan.FromMilliseconds(1_700));
        Assert.Empty(lines);
        time.Advance(TimeSpan.FromMilliseconds(200));
        await Waiting.UntilAsync(() => lines.Count > 0);
        Assert.Contains("are not answered yet", Assert.Single(lines), StringComparison.Ordinal);
    }

    /// <summary>A program that had ended its producer was told that its calls fail.</summary>
    [Fact]
    public async Task AfterTheProducerIsDisposed_SaysNothing()
    {
        await using var kinesis = await Sockets.LocalKinesis.StartAsync();
        kinesis.Server.Kinesis.Faults.Add(new Orleans.Kpl.LocalKinesis.Faults.HalfOpenFault());
        var time = new FakeTimeProvider();
        var said = await ListenAsync(async _ =>
        {
            var producer = KplProducer.Create(kinesis.Options(static o => o.DrainTimeout = TimeSpan.Zero), timeProvider: time);
            await producer.EnqueueAsync("events", new UserRecord("a", default));
            await producer.DisposeAsync();
            time.Advance(TimeSpan.FromSeconds(2));
        });
        Assert.Empty(said);
    }

    private static KplOptions Options(Uri endpoint) => Sockets.LocalKinesis.OptionsOf(endpoint, o => o.RecordTtl = TimeSpan.FromMilliseconds(500));

    private static async Task PutAndExpireAsync(KplProducer producer)
    {
        var results = await Task.WhenAll(
            producer.PutAsync("events", new UserRecord("a", default)).AsTask(), producer.PutAsync("clicks", new UserRecord("a", default)).AsTask());
        Assert.All(results, r => Assert.Equal(RecordErrorCodes.Expired, r.ErrorCode));
    }

    /// <summary>Standard error belongs to the process: no other test runs meanwhile.</summary>
    private static async Task<IReadOnlyList<string>> ListenAsync(Func<Heard, Task> run)
    {
        using var heard = new Heard();
        var former = Console.Error;
        Console.SetError(heard);
        try
        {
            await run(heard);
        }
        finally
        {
            Console.SetError(former);
        }

        return heard.Lines;
    }

    /// <summary>Keeps the product's lines, from any thread.</summary>
    private sealed class Heard : StringWriter
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public IReadOnlyList<string> Lines => [.. _lines];

        public override void WriteLine(string? value)
        {
            if (value?.StartsWith("Orleans.Kpl", StringComparison.Ordinal) == true)
                _lines.Enqueue(value);
        }
    }
}
