namespace Orleans.Kpl.Aws.Endpoints;

/// <summary>An address to send to, in the forms that every request and signature need.</summary>
internal sealed class KinesisEndpoint
{
    private int _refusesCbor;
    private long _unresolvedSince = long.MinValue;

    public KinesisEndpoint(Uri address)
    {
        Address = address;
        var host = address.HostNameType == UriHostNameType.IPv6 ? $"[{address.IdnHost}]" : address.IdnHost;
        Host = address.IsDefaultPort ? host : $"{host}:{address.Port}";
        CanonicalPath = string.Join('/', address.AbsolutePath.Split('/').Select(Uri.EscapeDataString));
    }

    public Uri Address { get; }

    /// <summary>The Host header.</summary>
    public string Host { get; }

    /// <summary>The path, encoded once more for the signature.</summary>
    public string CanonicalPath { get; }

    /// <summary>Whether the endpoint accepted JSON after it had refused CBOR; if so, it gets no more CBOR.</summary>
    public bool RefusesCbor => Volatile.Read(ref _refusesCbor) != 0;

    /// <summary>The timestamp at which the host's name did not resolve last; null where it always did.</summary>
    public long? UnresolvedSince
    {
        get => Volatile.Read(ref _unresolvedSince) is > long.MinValue and var since ? since : null;
        set => Volatile.Write(ref _unresolvedSince, value ?? long.MinValue);
    }

    /// <summary>Notes that the endpoint refuses CBOR; true for the first call that notes it.</summary>
    public bool TryNoteCborRefused() => Interlocked.Exchange(ref _refusesCbor, 1) == 0;
}

/// <summary>The kind of an operation, which selects the account's host that serves it (Kinesis' service model, OperationType).</summary>
internal enum OperationKind
{
    /// <summary>The operation writes or reads records.</summary>
    Data,

    /// <summary>The operation describes or changes the stream or its shards.</summary>
    Control,

    /// <summary>The operation always goes to the region's host.</summary>
    Regional,
}
