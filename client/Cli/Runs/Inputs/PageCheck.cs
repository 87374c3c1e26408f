using System.Net;

namespace Orleans.Kpl.Cli.Runs.Inputs;

/// <summary>
/// Recognizes what a page of another site sends through a browser: any page may post to a port of this machine, without being asked for it first. One that
/// is led here under a name of its own (DNS rebinding) gets no further than the listener, which serves its own address alone.
/// </summary>
internal static class PageCheck
{
    /// <summary>Whether a request is one of a page that did not come from here.</summary>
    public static bool IsForeign(HttpListenerRequest request) =>
        request.Headers["Sec-Fetch-Site"] == "cross-site"
        || request.Headers["Origin"] is { } origin
            && !(Uri.TryCreate(origin, UriKind.Absolute, out var site) && site.Authority.Equals(request.UserHostName, StringComparison.OrdinalIgnoreCase));
}
