namespace Orleans.Kpl.Http.Reading;

/// <summary>
/// What the bodies of all requests may have in memory together. It is reserved as bytes arrive, and released when a request's records are accepted or
/// refused. Safe on any thread.
/// </summary>
/// <param name="limit">The limit in bytes. A body that is alone passes it, so that none is refused for ever.</param>
internal sealed class BodyMemory(long limit)
{
    private long _bytes;

    /// <summary>The bytes that are reserved now.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Lets one body grow. False where there is no room for it; nothing has changed then.</summary>
    /// <param name="from">What the body has reserved.</param>
    /// <param name="to">What it is to have reserved.</param>
    public bool TryGrow(long from, long to)
    {
        var now = Interlocked.Add(ref _bytes, to - from);
        if (now <= limit || now == to)
            return true;
        Interlocked.Add(ref _bytes, from - to);
        return false;
    }

    /// <summary>Releases what a body has reserved.</summary>
    public void Release(long bytes) => Interlocked.Add(ref _bytes, -bytes);
}
