namespace Orleans.Kpl.Aws.Endpoints;

/// <summary>An address to send to, with the forms of it that every request and signature need.</summary>
internal sealed class KinesisEndpoint
{
    private int _refusesCbor;

    public KinesisEndpoint(Uri address)
    {
        Address = address;
        var host = address.HostNameType == UriHostNameType.IPv6 ? $"[{address.IdnHost}]" : address.IdnHost;
        Host = address.IsDefaultPort ? host : $"{host}:{address.Port}";
        CanonicalPath = address.AbsolutePath.Replace("%", "%25", StringComparison.Ordinal);
    }

    public Uri Address { get; }

    /// <summary>The Host header.</summary>
    public string Host { get; }

    /// <summary>The path, encoded once more for the signature.</summary>
    public string CanonicalPath { get; }

    /// <summary>Whether it took JSON where it had refused CBOR: it gets no more CBOR.</summary>
    public bool RefusesCbor => Volatile.Read(ref _refusesCbor) != 0;

    /// <summary>Notes that it refuses CBOR; true for the first who does.</summary>
    public bool TryNoteCborRefused() => Interlocked.Exchange(ref _refusesCbor, 1) == 0;
}
