using System.Threading.Channels;
using Orleans.Kpl.Administration;

namespace Orleans.Kpl.Http.Watching;

/// <summary>One reader of events. A reader that is too slow for a few seconds is cut off: nothing piles up for it.</summary>
internal sealed class WatchReader : IDisposable
{
    /// <summary>How many seconds a reader may be behind.</summary>
    private const int MostBehind = 4;

    private readonly Channel<WatchFrame> _frames = Channel.CreateBounded<WatchFrame>(
        new BoundedChannelOptions(MostBehind) { SingleReader = true, SingleWriter = true });
    private readonly CancellationTokenSource _cut = new();

    /// <summary>The frames, one a second.</summary>
    public ChannelReader<WatchFrame> Frames => _frames.Reader;

    /// <summary>Is cancelled when the reader is cut off.</summary>
    public CancellationToken Cut => _cut.Token;

    /// <summary>Gives the reader a frame, or cuts it off where it is behind. What waits for that runs later, not in this call.</summary>
    public void Tell(WatchFrame frame)
    {
        if (!_frames.Writer.TryWrite(frame))
            _ = _cut.CancelAsync();
    }

    public void Dispose() => _cut.Dispose();
}

/// <summary>One second, as readers see it. It is made once for all readers of a stream.</summary>
/// <param name="Reports">The processes and their streams: each reader sees those that it may.</param>
/// <param name="Map">The shards of the stream and their owners, as JSON; the same object until they change. Null for no stream.</param>
/// <param name="Pulse">The numbers of the stream, as members of a JSON object; null for no stream.</param>
internal sealed record WatchFrame(IReadOnlyList<ProcessReport> Reports, byte[]? Map = null, byte[]? Pulse = null)
{
    /// <summary>The streams that Kinesis does not know.</summary>
    public IReadOnlyCollection<string> Missing { get; init; } = [];
}
