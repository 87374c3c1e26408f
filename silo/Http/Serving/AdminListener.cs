using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Orleans.Kpl.Certificates;
using Orleans.Kpl.Http.Dashboard;

namespace Orleans.Kpl.Http.Serving;

/// <summary>The mark of connections to the address that administration has for itself.</summary>
internal sealed class AdminListener
{
    private static readonly AdminListener Mark = new();

    /// <param name="tls">The certificates; null for plain HTTP.</param>
    public static void Listen(KestrelServerOptions kestrel, KplHttpOptions options, TlsStore? tls) =>
        kestrel.Listen(IPAddress.Parse(options.AdminAddress), options.AdminPort, listener =>
        {
            if (tls is not null)
                TlsListener.Use(listener, tls);
            listener.Use(next => connection =>
            {
                connection.Features.Set(Mark);
                return next(connection);
            });
        });

    /// <summary>Whether a request came to that address.</summary>
    public static bool IsUsedBy(HttpContext context) => context.Features.Get<AdminListener>() is not null;

    /// <summary>Whether that address serves a request: administration, its page, the health that goes with it, and what leads there.</summary>
    public static bool Serves(HttpRequest request) => Serves(request.Path) || RootEndpoint.IsMeant(request);

    /// <summary>Whether that address serves a path, beside the root.</summary>
    public static bool Serves(PathString path) => path.StartsWithSegments("/admin", StringComparison.Ordinal)
        || path.StartsWithSegments("/dashboard", StringComparison.Ordinal) || path.StartsWithSegments("/health", StringComparison.Ordinal);
}

/// <summary>
/// The address that probes have for themselves. The server counts the connections of each listener by themselves, so that those of records cannot crowd out
/// probes: a process whose probes are refused is restarted. It has no TLS, which would be work before the answer, and so it takes no credential.
/// </summary>
internal sealed class HealthListener
{
    /// <summary>Connections of one address: of a node, or of a load balancer.</summary>
    private const int MostOfAnAddress = 16;

    /// <summary>Each connection is for one question.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private static readonly HealthListener Mark = new();

    public static void Listen(KestrelServerOptions kestrel, KplHttpOptions options) =>
        kestrel.Listen(IPAddress.Parse(options.Address), options.HealthPort, listener =>
        {
            AddressLimit.Use(listener, MostOfAnAddress, kestrel.ApplicationServices);
            var time = kestrel.ApplicationServices.GetRequiredService<TimeProvider>();
            listener.Use(next => async connection =>
            {
                connection.Features.Set(Mark);
                using var late = new CancellationTokenSource(Longest, time);
                await using var end = late.Token.UnsafeRegister(static c => ((ConnectionContext)c!).Abort(), connection);
                await next(connection);
            });
        });

    /// <summary>Whether a request came to that address.</summary>
    public static bool IsUsedBy(HttpContext context) => context.Features.Get<HealthListener>() is not null;

    /// <summary>Whether that address serves a path: what needs no credential, and tells nobody anything.</summary>
    public static bool Serves(PathString path) => path == "/health/live" || path == "/health/ready";
}
