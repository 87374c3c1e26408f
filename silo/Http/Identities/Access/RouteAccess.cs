using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Orleans.Kpl.Http.Dashboard;
using Orleans.Kpl.Http.Identities.Quotas;
using Orleans.Kpl.Http.Identities.Sessions;

namespace Orleans.Kpl.Http.Identities.Access;

/// <summary>The callers that may use a route. A route that is not listed here is nobody's: a new one is shut until somebody thinks of it.</summary>
internal enum RouteAccess
{
    /// <summary>Nobody, for the route is in no list.</summary>
    Nobody,

    /// <summary>Everybody, known or not.</summary>
    Everybody,

    /// <summary>Every identity that is not banned.</summary>
    Known,

    /// <summary>Callers that may put into the stream.</summary>
    Produce,

    /// <summary>Callers that may look at the stream; where there is no stream, those that may look at any.</summary>
    Status,

    /// <summary>Callers that may administer the stream.</summary>
    Administer,

    /// <summary>Callers that may administer every stream (<c>*</c>): what is changed concerns other identities.</summary>
    AdministerAll,
}

/// <summary>The table of routes and rights.</summary>
internal static class RouteAccessTable
{
    /// <summary>The beginning of the paths of administration.</summary>
    public const string Admin = "/admin/";

    private const string Metrics = "/metrics";

    /// <summary>Returns who may use the matched route. A path without a route is answered with 404 or 405, to identities only.</summary>
    public static RouteAccess Of(HttpContext context) =>
        context.GetEndpoint() is RouteEndpoint { RoutePattern.RawText: { } route } ? Of(route, context) : RouteAccess.Known;

    private static RouteAccess Of(string route, HttpContext context) =>
        route == Metrics && context.RequestServices.GetService<IOptions<KplHttpOptions>>()?.Value.OpenMetrics == true
            ? RouteAccess.Everybody
            : Of(route, context.Request.Method);

    public static RouteAccess Of(string route, string method) => route switch
    {
        // The Kinesis front checks signatures itself.
        "/health/live" or "/health/ready" or CredentialsEndpoint.Path or "/" => RouteAccess.Everybody,
        "/events" or "/events/confirmed" or "/streams/{stream}/records" => RouteAccess.Produce,
        "/health" or "/usage" => RouteAccess.Known,
        Metrics => RouteAccess.Status,
        "/admin/streams/{stream}/dead-letters" => RouteAccess.Administer, // It has the records' data.
        // The dashboard's files tell nothing: what it shows it asks for with the reader's credential.
        DashboardEndpoints.Path or DashboardEndpoints.FilePath => RouteAccess.Everybody,
        _ when route.StartsWith(IdentityEndpoints.Path + "/", StringComparison.Ordinal) => RouteAccess.AdministerAll,
        _ when IsAdmin(route) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method) ? RouteAccess.Status : RouteAccess.Administer,
        _ => RouteAccess.Nobody,
    };

    /// <summary>Whether the matched route is one of administration.</summary>
    public static bool IsAdmin(HttpContext context) => context.GetEndpoint() is RouteEndpoint { RoutePattern.RawText: { } route } && IsAdmin(route);

    private static bool IsAdmin(string route) => route.StartsWith(Admin, StringComparison.Ordinal);
}
