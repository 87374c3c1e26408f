using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Orleans.Kpl.Lanes.Tests.Sessions;

/// <summary>Messages that come back or end while they are handed over.</summary>
/// <remarks>Tests <see cref="ClientStream"/> and <see cref="Lanes.Sessions.SiloSession"/>.</remarks>
public sealed class ReturnedMessageTests
{
    private const string Stream = Numbered.Stream;

    /// <summary>Each was handed over on the stack of the one before it, and a client that had waited long enough ended with its stack.</summary>
    [Fact]
    public async Task MessagesThatEndAtOnce_TakeNoStackEach()
    {
        const int Messages = 1_000;
        var time = new StillTime();
        using var cluster = new FakeCluster(1) { Time = time };
        var opening = new TaskCompletionSource();
        cluster.Opening = opening.Task;
        await using var producer = cluster.NewProducer(static o => o.RecordTtl = TimeSpan.FromMinutes(1));
        // Puts of other terms than the one before: each is a message.
        var puts = Enumerable.Range(0, Messages)
            .Select(i => producer.PutAsync(Stream, Numbered.Record(i), i % 2 == 0 ? PutOptions.WithoutLinger : null).AsTask()).ToList();
        time.Leap(TimeSpan.FromHours(1));
        opening.SetResult();

        var results = await Task.WhenAll(puts).WaitAsync(Numbered.Long);

        Assert.All(results, static r => Assert.Equal((RecordStatus.Failed, RecordErrorCodes.Expired), (r.Status, r.ErrorCode)));
        Assert.InRange(time.DeepestStack, 1, Messages);
    }

    /// <summary>Until its lanes are gone, messages are given to a silo that leaves, and come back at once: nothing slow may come before that.</summary>
    [Fact]
    public async Task SiloOnItsWayOut_HasNoLanes_WhenTheLogIsWritten()
    {
        using var cluster = new FakeCluster(2);
        var log = new LeavingLog();
        await using var producer = FakeCluster.NewProducer(cluster, new KplOptions { RecordTtl = Numbered.Long }, cluster.Time, log);
        await Task.WhenAll(Numbered.Records(2_000).Chunk(100).Select(c => producer.PutAsync(Stream, c).AsTask())).WaitAsync(Numbered.Long);
        cluster.Opening = new TaskCompletionSource().Task;
        var leaving = cluster.Silos[0];
        // With a lane there the session is found at once; without one, a lane is asked for first.
        log.OnLeaving = () => producer.Uses.Get(Stream).LaneToAsync(leaving.Self).IsCompleted;
        leaving.Drain();

        while (!log.HadLanes.IsCompleted)
            await Task.WhenAll(Numbered.Records(2_000).Chunk(100).Select(c => producer.PutAsync(Stream, c).AsTask())).WaitAsync(Numbered.Long);

        Assert.False(await log.HadLanes);
    }

    /// <summary>A clock that leaps, whose timers stand still, and that sees how deep its callers are.</summary>
    private sealed class StillTime : TimeProvider
    {
        private readonly FakeTimeProvider _still = new();
        private long _now;
        private int _deepest;

        public int DeepestStack => Volatile.Read(ref _deepest);

        public void Leap(TimeSpan span) => Interlocked.Add(ref _now, span.Ticks);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp()
        {
            var depth = new StackTrace().FrameCount;
            for (var seen = DeepestStack; seen < depth; seen = DeepestStack)
                Interlocked.CompareExchange(ref _deepest, depth, seen);
            return Volatile.Read(ref _now);
        }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            _still.CreateTimer(callback, state, dueTime, period);
    }

    /// <summary>Notes what it sees when it is told that a silo leaves.</summary>
    private sealed class LeavingLog : ILogger
    {
        private const int Leaving = 83;

        private readonly TaskCompletionSource<bool> _hadLanes = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Func<bool> OnLeaving { get; set; } = static () => false;

        public Task<bool> HadLanes => _hadLanes.Task;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Id == Leaving)
                _hadLanes.TrySetResult(OnLeaving());
        }
    }
}
