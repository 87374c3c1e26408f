using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Orleans.Kpl.Certificates;
using Orleans.Kpl.Http.Dashboard;

namespace Orleans.Kpl.Http.Serving;

/// <summary>The mark of connections to the address that administration has for itself.</summary>
internal sealed class AdminListener
{
    private static readonly AdminListener Mark = new();

    private AdminListener()
    {
    }

    /// <summary>Listens at that address.</summary>
    /// <param name="kestrel">The server.</param>
    /// <param name="options">The address.</param>
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
    public static bool Serves(HttpRequest request) =>
        request.Path.StartsWithSegments("/admin", StringComparison.Ordinal) || request.Path.StartsWithSegments("/dashboard", StringComparison.Ordinal)
        || request.Path.StartsWithSegments("/health", StringComparison.Ordinal) || RootEndpoint.IsMeant(request);
}
