using System.Runtime.InteropServices;

namespace Orleans.Kpl.Http.Reading;

/// <summary>
/// The memory for bodies of which nothing proves yet whose they are: together half of that for all bodies, and a quarter for those that name the same one.
/// Whoever is known keeps the other half. Safe on any thread.
/// </summary>
/// <remarks>
/// Anybody may name whom he likes, and as many as he has heard of. So a name reserves nothing: where there is no room, the oldest body ends that has had time
/// enough. Whoever sends a body a byte a second does not keep out those who come later, and whoever sends one at once is not cut off.
/// </remarks>
/// <param name="limit">The memory of all bodies.</param>
internal sealed class StrangerMemory(long limit, TimeProvider time)
{
    /// <summary>How long a body has its place in any case.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly LinkedList<StrangerBody> _oldestFirst = [];
    private readonly Dictionary<string, long> _named = new(StringComparer.Ordinal);
    private long _bytes;

    /// <summary>Reserves bytes for a body. Others may have to make room for it. False where there is none; nothing is reserved then.</summary>
    public bool TryReserve(StrangerBody body, long more)
    {
        List<StrangerBody>? ended = null;
        bool fits;
        lock (_lock)
        {
            while (!(fits = Fits(body, more)) && OldestThatMakesRoom(body, more) is { } oldest)
            {
                Remove(oldest);
                oldest.IsOut = true;
                (ended ??= []).Add(oldest);
            }

            if (fits)
                Add(body, more);
        }

        // Their memory is theirs until they have ended, at once.
        ended?.ForEach(static b => b.End());
        return fits;
    }

    /// <summary>Takes back bytes that a body does not use after all.</summary>
    public void Unreserve(StrangerBody body, long bytes)
    {
        lock (_lock)
        {
            if (!body.IsOut)
                Add(body, -bytes);
        }
    }

    /// <summary>Counts a body no longer: it is known now whose it is, or it has ended.</summary>
    public void Leave(StrangerBody body)
    {
        lock (_lock)
        {
            if (!body.IsOut && body.Bytes > 0)
                Remove(body);
        }
    }

    /// <summary>A body that is alone fits, so that none is refused for ever.</summary>
    private bool Fits(StrangerBody body, long more) =>
        !body.IsOut && FitsName(body, more) && (_bytes + more <= limit / 2 || _bytes == body.Bytes);

    private bool FitsName(StrangerBody body, long more) =>
        _named.GetValueOrDefault(body.Name) is var named && (named + more <= limit / 4 || named == body.Bytes);

    private StrangerBody? OldestThatMakesRoom(StrangerBody body, long more)
    {
        var isForName = !FitsName(body, more);
        return body.IsOut ? null : _oldestFirst.FirstOrDefault(b =>
            b != body && (!isForName || b.Name == body.Name) && time.GetElapsedTime(b.Since) >= Patience);
    }

    private void Add(StrangerBody body, long bytes)
    {
        if (body.Bytes == 0)
        {
            body.Since = time.GetTimestamp();
            _oldestFirst.AddLast(body);
        }

        _bytes += bytes;
        body.Bytes += bytes;
        CollectionsMarshal.GetValueRefOrAddDefault(_named, body.Name, out _) += bytes;
        if (body.Bytes == 0)
            Remove(body);
    }

    private void Remove(StrangerBody body)
    {
        _oldestFirst.Remove(body);
        _bytes -= body.Bytes;
        if ((_named[body.Name] -= body.Bytes) == 0)
            _named.Remove(body.Name);
        body.Bytes = 0;
    }
}

/// <summary>A body of which nothing proves yet whose it is. Its counts are those of <see cref="StrangerMemory"/>.</summary>
/// <param name="name">Whom it names.</param>
/// <param name="end">Ends its reading; called on any thread, once at most.</param>
internal sealed class StrangerBody(string name, Action end)
{
    /// <summary>Whom it names. That proves nothing.</summary>
    public string Name => name;

    /// <summary>The bytes that are reserved for it.</summary>
    public long Bytes { get; set; }

    /// <summary>When it got the first of them.</summary>
    public long Since { get; set; }

    /// <summary>Whether it had to make room: it gets no more.</summary>
    public bool IsOut { get; set; }

    /// <summary>Ends its reading, because it made room.</summary>
    public void End() => end();
}
