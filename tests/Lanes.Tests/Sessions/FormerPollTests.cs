using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Lanes.Dealing;
using Orleans.Kpl.Lanes.Messages;
using Orleans.Kpl.Lanes.Sessions;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Lanes.Tests.Sessions;

/// <remarks>Tests <see cref="SiloSession"/>.</remarks>
public sealed class FormerPollTests
{
    /// <summary>
    /// The poll of an id that the silo has forgotten still hands outcomes on when that of the next id has some. They shared a list: records ended twice, or
    /// never.
    /// </summary>
    [Fact]
    public async Task Outcomes_OfTheNextId_WhileThoseOfTheFormerAreHandedOn_EndEachRecordOnce()
    {
        using var cluster = new FakeCluster(1);
        var silo = cluster.Silos[0];
        using var instruments = new KplInstruments(ProducerRole.Client, static () => [], Listening.Throws);
        using var log = new PipelineLog(NullLogger.Instance, TimeProvider.System, logKeys: false);
        var services = new ClientServices(new KplOptions(), log, TimeProvider.System)
        {
            Lanes = cluster,
            Log = new ClientLog(NullLogger.Instance),
            NewId = Guid.NewGuid,
            Instruments = instruments,
            Relieve = static () => { },
        };
        await using var producer = cluster.NewProducer();
        var stream = producer.Uses.Get(Numbered.Stream);
        using var sink = new SlowSink();
        var id = Guid.NewGuid();
        await silo.OpenAsync(stream.Stream, new ClientRequest { Session = id });
        var session = new SiloSession(stream, id, silo.Self, services);
        // Where its outcome is there at once, the thread that hands the message over hands that on, too, and waits in the sink.
        var first = Task.Run(() => HandOverAsync(1));
        await Waiting.UntilAsync(() => sink.Ended.Count == 1);
        await silo.ForgetAllAsync();

        await HandOverAsync(2);
        await Waiting.UntilAsync(() => sink.Ended.Count > 1);
        sink.GoOn();
        await first;

        Assert.Equal([1, 2], sink.Ended);
        session.Stop();

        async Task HandOverAsync(int number)
        {
            var message = MessageOf(number, sink);
            session.Add(message);
            Assert.True(await session.HandOverAsync(cluster.Fresh(stream.Stream), new LaneWindow(), message).WaitAsync(Waiting.Long));
        }
    }

    private static OutgoingMessage MessageOf(int number, OutcomeSink sink)
    {
        var queue = new MessageQueue();
        queue.Add(Numbered.Incoming(number, sink, place: number));
        var message = queue.Take();
        message.First = number * ClientBatch.MaxRecords;
        return message;
    }

    /// <summary>Takes its time for the first outcome.</summary>
    private sealed class SlowSink() : OutcomeSink(new AcceptanceTerms(new FlushBarrier().Enter(2), 0, long.MaxValue / 2, Immediate: true)), IDisposable
    {
        private readonly ManualResetEventSlim _goesOn = new();
        private readonly ConcurrentQueue<int> _ended = [];

        public IReadOnlyList<int> Ended => [.. _ended];

        public void GoOn() => _goesOn.Set();

        public override void SetResult(int index, in RecordResult result)
        {
            _ended.Enqueue(index);
            if (index == 1)
                Assert.True(_goesOn.Wait(Waiting.Long));
        }

        public override void Complete(int count)
        {
        }

        public void Dispose() => _goesOn.Dispose();
    }
}
