using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Kpl.Http.Dashboard;
using Orleans.Kpl.Http.Identities;

namespace Orleans.Kpl.Http.Serving;

/// <summary>The way of a request through a tier's HTTP, from its first step to its last.</summary>
internal static class RequestPipeline
{
    public static void Use(WebApplication app)
    {
        // Before Kestrel hands a request over: connections of an address (AddressLimit), TLS, all connections, headers, pace (ServerLimits).
        // 1. What every answer carries; and who is refused whatever is asked: foreign pages, foreign hosts, the wrong listener (RequestGuard).
        app.UseKplGuard();
        // 2. Errors that have no body get ours.
        app.UseKplErrors();
        // 3. Which endpoint it is.
        app.UseRouting();
        // 4. Who asks, whether that caller may, and within which quotas (Identities); everybody where there are no identities.
        app.UseIdentities();
        // 5. The endpoint. Each way in has a wrapper that answers its failures:
        //    records: draining (GatedEndpoint), stream (StreamGate), body (BodyReader, BodyMemory), room (AcceptTimeout);
        //    administration: this machine, its own listener, no proxy (AdminAccess).
        app.MapKplIngest().MapKplHealth().MapKplAdmin().MapIdentities();
        app.Services.GetRequiredService<RootEndpoint>().Map(app);
    }
}
