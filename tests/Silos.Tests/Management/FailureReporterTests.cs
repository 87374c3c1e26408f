using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Silos.Management;
using Orleans.Kpl.Silos.Tests.Nodes;

namespace Orleans.Kpl.Silos.Tests.Management;

public sealed class FailureReporterTests
{
    private const int Streams = 20;

    /// <summary>Streams are what anybody names: each name that was ever put into stayed for as long as the silo ran.</summary>
    [Fact]
    public async Task StreamsWhoseFailuresWereReported_AreForgotten()
    {
        await using var world = new NodeWorld(shards: 1, static o => o.RecordTtl = TimeSpan.FromSeconds(5));
        world.Kinesis.BeforeList = static _ => throw new KinesisException(KinesisFailureKind.Refused, RecordErrorCodes.ResourceNotFound, "no", 400);
        var silo = await world.StartAsync();
        var reporter = new FailureReporter(
            silo.Node.Producer, world.Managers, silo.Node.Silos, TimeProvider.System, NullLogger<FailureReporter>.Instance);
        reporter.Start();
        var told = 0;
        silo.Node.Producer.RecordFailed += _ => Interlocked.Increment(ref told);

        var puts = Enumerable.Range(0, Streams).Select(i => silo.Node.Producer.PutAsync($"made-up-{i}", new UserRecord("k", new byte[1])).AsTask());
        Assert.All(await Task.WhenAll(puts).WaitAsync(Waiting.Long), static r => Assert.False(r.IsSuccess));

        await Waiting.UntilAsync(() => Volatile.Read(ref told) == Streams && reporter.Streams == 0);
    }
}
