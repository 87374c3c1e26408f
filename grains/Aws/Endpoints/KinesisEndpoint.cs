namespace Orleans.Kpl.Aws.Endpoints;

/// <summary>An address to send to, with the forms of it that every request and signature need.</summary>
internal sealed class KinesisEndpoint
{
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
}
