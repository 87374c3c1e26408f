using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Lanes.Dealing;
using Orleans.Kpl.Lanes.Messages;
using Orleans.Kpl.Lanes.Sessions;
using Orleans.Kpl.Pipeline.Owning;
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
        using var host = new SlowHost();
        var id = Guid.NewGuid();
        await silo.OpenAsync(host.Stream, new ClientRequest { Session = id });
        var session = new SiloSession(host, id, silo.Self, services);
        await HandOverAsync(1);
        await Waiting.UntilAsync(() => host.Ended.Count == 1);
        await silo.ForgetAllAsync();

        await HandOverAsync(2);
        await Waiting.UntilAsync(() => host.Ended.Count > 1);
        host.GoOn();

        Assert.Equal([1, 2], host.Ended.Select(static e => e.Member.Index));
        session.Stop();

        async Task HandOverAsync(int number)
        {
            var message = MessageOf(number);
            session.Add(message);
            Assert.True(await session.HandOverAsync(cluster.Fresh(host.Stream), new LaneWindow(), message).WaitAsync(Waiting.Long));
        }
    }

    private static OutgoingMessage MessageOf(int number)
    {
        var queue = new MessageQueue();
        var sink = new AcceptedOutcome(new AcceptanceTerms(new FlushBarrier().Enter(1), 0, long.MaxValue / 2, Immediate: true));
        queue.Add(Numbered.Incoming(number, sink, place: number));
        var message = queue.Take();
        message.First = number * ClientBatch.MaxRecords;
        return message;
    }

    /// <summary>Takes its time for the first outcomes.</summary>
    private sealed class SlowHost : ISessionHost, IDisposable
    {
        private readonly Lock _lock = new();
        private readonly ManualResetEventSlim _goesOn = new();
        private readonly ConcurrentQueue<ForwardedOutcome> _ended = [];

        public string Stream => "events";

        public bool TakesBack => true;

        public IReadOnlyList<ForwardedOutcome> Ended => [.. _ended];

        public void GoOn() => _goesOn.Set();

        public void End(List<ForwardedOutcome> ends)
        {
            bool isFirst;
            lock (_lock)
            {
                isFirst = _ended.IsEmpty && ends.Count > 0;
                ends.ForEach(_ended.Enqueue);
            }

            if (isFirst)
                Assert.True(_goesOn.Wait(Waiting.Long));
        }

        public void Heard(SiloSession session, ClientReply reply, OutgoingMessage message, long took)
        {
        }

        public void Leave(SiloSession session, bool isDraining)
        {
        }

        public void GivenBack(OutgoingMessage message)
        {
        }

        public void Rested()
        {
        }

        public void Silos(int count)
        {
        }

        public void Dispose() => _goesOn.Dispose();
    }
}
