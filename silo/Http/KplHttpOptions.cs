using System.Net;

namespace Orleans.Kpl.Http;

/// <summary>Where the HTTP endpoints listen and what they accept: section <c>Kpl:Http</c>.</summary>
public sealed class KplHttpOptions
{
    /// <summary>The address to listen on. Default <c>127.0.0.1</c>.</summary>
    public string Address { get; set; } = IPAddress.Loopback.ToString();

    /// <summary>The port to listen on; 0 takes a free port. Default 8080; 0 to 65,535.</summary>
    public int Port { get; set; } = 8080;

    /// <summary>The stream of <c>/events</c> and <c>/events/confirmed</c>, a name or an ARN. Default <c>events</c>.</summary>
    public string DefaultStream { get; set; } = "events";

    /// <summary>
    /// The maximum size of one request's body in bytes; a larger one is answered with 413. A body stays in memory until its records
    /// are accepted. Default 67,108,864; 1,024 to 1,073,741,824.
    /// </summary>
    public long MaxBodyBytes { get; set; } = 64 << 20;

    /// <summary>The maximum number of records in one request; more are answered with 413. Default 1,000,000; 1 to 10,000,000.</summary>
    public int MaxRecords { get; set; } = 1_000_000;

    /// <summary>The value of <c>Retry-After</c> while draining. Default 1 s; 1 s to 1 h.</summary>
    public TimeSpan RetryAfter { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long a silo or a local tier that was asked to stop still takes records while <c>/health/ready</c> says that it is leaving, so that load
    /// balancers find out before anything is refused. Each answer then closes its connection. Default 0; 0 to 10 min.
    /// </summary>
    public TimeSpan DrainDelay { get; set; }
}
