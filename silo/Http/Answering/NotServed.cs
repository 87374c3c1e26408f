using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Kpl.Http.Dashboard;

namespace Orleans.Kpl.Http.Answering;

/// <summary>Says of a path at which nothing is served what was probably meant.</summary>
internal static class NotServed
{
    private const string Confirmed = "/confirmed";

    public static string Describe(HttpContext context)
    {
        var path = context.Request.Path.Value ?? "";
        if (path.StartsWith("/admin/identities", StringComparison.Ordinal) || path is "/usage" or "/v1/credentials")
            return "this process has no identities: start it with --Kpl:Http:Identities=FILE";
        if (path.EndsWith(Confirmed, StringComparison.Ordinal) && path.IndexOf('/', 1) == path.Length - Confirmed.Length
            && StreamName.IsFit(path[1..^Confirmed.Length]))
        {
            return $"nothing is served at {path}: /events/confirmed is for the default stream, POST /streams/{path[1..^Confirmed.Length]}/records for this one";
        }

        // An application of its own has what it likes there.
        return $"nothing is served at {path}{(context.RequestServices.GetService<RootEndpoint>() is null ? "" : "; GET / lists what is")}";
    }
}
