using System.Collections.Concurrent;
using System.Threading.Channels;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Silos.Backlog;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Silos.Tests.Backlog;

/// <summary>Keeps what is to be replayed, until it is told how that ends.</summary>
internal sealed class FakeReplays : IBacklogReplayer
{
    private readonly ConcurrentBag<Replay> _all = [];
    private readonly Channel<Replay> _begun = Channel.CreateUnbounded<Replay>();

    /// <summary>The next replay that begins.</summary>
    public Task<Replay> NextAsync() => _begun.Reader.ReadAsync().AsTask().WaitAsync(Waiting.Long);

    /// <summary>Whether none has begun that was not asked for.</summary>
    public bool IsIdle => _begun.Reader.Count == 0;

    public Task ReplayAsync(string stream, ISegmentLog log, Action counted)
    {
        var replay = new Replay(stream, log, new TaskCompletionSource());
        _all.Add(replay);
        counted();
        Assert.True(_begun.Writer.TryWrite(replay));
        return replay.End.Task;
    }

    /// <summary>The producer is drained: no replay goes on.</summary>
    public void Stop()
    {
        foreach (var replay in _all)
            replay.End.TrySetException(new ObjectDisposedException("producer"));
    }

    internal sealed record Replay(string Stream, ISegmentLog Log, TaskCompletionSource End);
}
