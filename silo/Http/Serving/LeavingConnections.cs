using Microsoft.AspNetCore.Builder;

namespace Orleans.Kpl.Http.Serving;

/// <summary>
/// Closes each connection after its next answer once the process leaves, so that clients and load balancers connect to another one while this one
/// still answers.
/// </summary>
internal static class LeavingConnections
{
    /// <summary>Adds this to all requests.</summary>
    public static IApplicationBuilder UseLeaving(this IApplicationBuilder app, IngestGate gate) => app.Use((context, next) =>
    {
        if (gate.IsLeaving)
            context.Connection.RequestClose();
        return next(context);
    });
}
