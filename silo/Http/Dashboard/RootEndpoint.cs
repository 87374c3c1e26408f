using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Orleans.Kpl.Http.Administering;
using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Http.Identities.Access;
using Orleans.Kpl.Http.Serving;

namespace Orleans.Kpl.Http.Dashboard;

/// <summary><c>GET /</c> of a tier: it leads a browser to the dashboard, and lists the routes for a program.</summary>
internal sealed class RootEndpoint(AdminAccess access, EndpointDataSource endpoints)
{
    public const string Path = "/";

    public static bool IsMeant(HttpRequest request) =>
        request.Path == Path && (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method));

    public void Map(IEndpointRouteBuilder routes) => routes.MapMethods(Path, [HttpMethods.Get, HttpMethods.Head], AnswerAsync);

    private async Task AnswerAsync(HttpContext context)
    {
        var mayAdminister = access.FindObstacle(context) is null;
        context.Response.Headers.Vary = "Accept";
        context.Response.Headers.CacheControl = "no-store";
        if (mayAdminister && context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase))
            context.Response.Redirect(DashboardEndpoints.Path);
        else
            await WriteAsync(context, mayAdminister);
    }

    private static bool IsOfAdministration(string path) =>
        path.StartsWith(RouteAccessTable.Admin, StringComparison.Ordinal) || path.StartsWith(DashboardEndpoints.Path, StringComparison.Ordinal);

    /// <summary>Lists what is served where the request came in.</summary>
    private Task WriteAsync(HttpContext context, bool mayAdminister)
    {
        var isAdministration = AdminListener.IsUsedBy(context);
        var routes = endpoints.Endpoints.OfType<RouteEndpoint>()
            .Select(static e => (Path: e.RoutePattern.RawText ?? "", Methods: e.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []))
            .Where(r => mayAdminister || !IsOfAdministration(r.Path))
            .SelectMany(static r => r.Methods.Where(static m => !HttpMethods.IsHead(m)).Select(m => (r.Path, Method: m)))
            .Where(r => !isAdministration || (r.Path == Path ? HttpMethods.IsGet(r.Method) : r.Path.StartsWith('/') && AdminListener.Serves(r.Path)))
            .Order()
            .ToList();
        return AdminBody.WriteAsync(context, new JsonObject { ["routes"] = routes.Select(static r => $"{r.Method} {r.Path}").ToJson() });
    }
}
