namespace Orleans.Kpl.Benchmarks.Endpoint;

/// <summary>
/// Keeps what was received, so that it can be checked when the clock has stopped. Memory is received into directly and used
/// again after a reset.
/// </summary>
internal sealed class RequestStore
{
    private const long MostBytes = 6L << 30;

    private readonly Lock _lock = new();
    private readonly Stack<byte[]> _free = new();
    private readonly List<byte[]> _used = [];
    private readonly List<StoredRequest> _requests = [];
    private long _bytes;

    public const int ChunkBytes = 64 << 20;

    public byte[] Rent()
    {
        lock (_lock)
        {
            if (!_free.TryPop(out var chunk))
            {
                _bytes += ChunkBytes;
                if (_bytes > MostBytes)
                    throw new InvalidOperationException("the bench sent more than the endpoint can keep");
                chunk = GC.AllocateUninitializedArray<byte>(ChunkBytes, pinned: true);
            }

            _used.Add(chunk);
            return chunk;
        }
    }

    public void Add(StoredRequest request)
    {
        lock (_lock)
            _requests.Add(request);
    }

    public IReadOnlyList<StoredRequest> Requests
    {
        get
        {
            lock (_lock)
                return [.. _requests];
        }
    }

    /// <summary>Forgets everything. Connections must be idle or closed: their chunks are given to others.</summary>
    public void Reset()
    {
        lock (_lock)
        {
            Generation++;
            foreach (var chunk in _used)
                _free.Push(chunk);
            _used.Clear();
            _requests.Clear();
        }
    }

    /// <summary>Rises with each reset; a connection that sees it rise lets go of its chunk.</summary>
    public int Generation { get; private set; }
}

/// <summary>The body of one PutRecords call and where its stream's shards lie.</summary>
internal readonly record struct StoredRequest(ReadOnlyMemory<byte> Body, ShardRanges Shards);
