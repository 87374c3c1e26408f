namespace Orleans.Kpl.Benchmarks.Endpoint;

/// <summary>Keeps the bodies that were received, until the clock has stopped. Its memory is received into directly, and used again after a reset.</summary>
internal sealed class RequestStore
{
    // Room for a call of the most that Kinesis takes. Each connection has a chunk that is part full.
    private const int ChunkBytes = 16 << 20;
    private const long MostBytes = 6L << 30;

    private readonly Lock _lock = new();
    private readonly Stack<byte[]> _free = new();
    private readonly List<byte[]> _used = [];
    private readonly List<ReadOnlyMemory<byte>> _requests = [];
    private int _generation;

    /// <summary>Rises with each reset: a connection that sees it rise lets go of its chunk.</summary>
    public int Generation => Volatile.Read(ref _generation);

    /// <summary>The bodies since the last reset.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Requests
    {
        get
        {
            lock (_lock)
                return [.. _requests];
        }
    }

    /// <summary>A chunk for one connection.</summary>
    public byte[] Rent()
    {
        lock (_lock)
        {
            if (!_free.TryPop(out var chunk))
            {
                if ((_used.Count + 1L) * ChunkBytes > MostBytes)
                    throw new InvalidOperationException("the bench sent more than the endpoint can keep");
                chunk = GC.AllocateUninitializedArray<byte>(ChunkBytes, pinned: true);
            }

            _used.Add(chunk);
            return chunk;
        }
    }

    public void Add(ReadOnlyMemory<byte> request)
    {
        lock (_lock)
            _requests.Add(request);
    }

    /// <summary>Forgets everything. Connections must be idle or closed: their chunks are given to others.</summary>
    public void Reset()
    {
        lock (_lock)
        {
            Volatile.Write(ref _generation, _generation + 1);
            foreach (var chunk in _used)
                _free.Push(chunk);
            _used.Clear();
            _requests.Clear();
        }
    }
}
