using System.Security.Cryptography.X509Certificates;
using Orleans.Kpl.Certificates;

namespace Orleans.Kpl.Http.Identities;

/// <summary>
/// The certificate of a connection's client, as TLS has believed it. A connection may last for months: what it was believed for is looked at with each
/// request. Safe on any thread.
/// </summary>
/// <param name="end">When the first certificate between it and its root ends, or it does itself.</param>
/// <param name="tls">The roots in force.</param>
internal sealed class ClientCertificate(IReadOnlyList<string> names, DateTimeOffset end, byte[] root, TlsStore tls)
{
    private volatile TlsState? _holdsBy;

    public IReadOnlyList<string> Names => names;

    /// <summary>Whether a request has found that it counts no more.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Returns what TLS has believed.</summary>
    /// <param name="chain">From the certificate to its root.</param>
    public static ClientCertificate Of(X509Chain chain, TlsStore tls)
    {
        var all = chain.ChainElements;
        return new ClientCertificate(
            CertificateNames.Of(all[0].Certificate), all.Min(static e => new DateTimeOffset(e.Certificate.NotAfter)), all[^1].Certificate.RawData, tls);
    }

    /// <summary>Returns why TLS would not believe it now; null if it would.</summary>
    public string? FindFault(DateTimeOffset now)
    {
        var state = tls.Current;
        var isTrusted = ReferenceEquals(state, _holdsBy) || state.Clients?.Has(root) == true;
        if (isTrusted)
            _holdsBy = state;
        var fault = !isTrusted ? "the certificate's root is trusted no more" : now >= end ? "the certificate has expired since its connection began" : null;
        IsOver = fault is not null;
        return fault;
    }
}
