using System.Globalization;
using System.Net;
using Orleans.Kpl.Aws.Endpoints;

namespace Orleans.Kpl.Aws.Transport;

/// <summary>
/// The proxies that the environment names: <c>https_proxy</c>, <c>http_proxy</c> and <c>all_proxy</c>, in small letters before capital ones, and
/// <c>no_proxy</c>. This machine is never reached through one.
/// </summary>
internal sealed class EnvironmentProxy(EnvironmentProxy.Server? https, EnvironmentProxy.Server? http, string[] direct) : IWebProxy, ICredentials
{
    /// <summary>The port of a SOCKS proxy without one, for which .NET knows none (RFC 1928; curl has it so too).</summary>
    private const int SocksPort = 1080;

    public ICredentials? Credentials
    {
        get => this;
        set => throw new NotSupportedException("A proxy's user is in its address.");
    }

    /// <summary>Reads the variables; null where none names a proxy.</summary>
    /// <exception cref="KinesisSettingsException">A variable has no address.</exception>
    public static EnvironmentProxy? Find(AwsEnvironment environment)
    {
        var (https, http) = (Read(environment, "https_proxy"), Read(environment, "http_proxy"));
        if ((https is null || http is null) && Read(environment, "all_proxy") is { } all)
            (https, http) = (https ?? all, http ?? all);
        return https is null && http is null
            ? null
            : new EnvironmentProxy(https, http, (Variable(environment, "no_proxy")?.Value ?? "").Split([',', ' '], StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>The proxy on the way to an address, with the variable that names it; null for none.</summary>
    public Server? To(Uri destination) => destination.IsLoopback || Array.Exists(direct, d => IsNamed(d, destination)) ? null
        : destination.Scheme == Uri.UriSchemeHttps ? https : http;

    public Uri? GetProxy(Uri destination) => To(destination)?.Address;

    public bool IsBypassed(Uri host) => To(host) is null;

    public NetworkCredential? GetCredential(Uri uri, string authType) => (https?.Address == uri ? https : http)?.Login;

    /// <summary>Whether an entry of <c>no_proxy</c> names a host: itself, its domain, its address or network, or all; with a port or without.</summary>
    private static bool IsNamed(string entry, Uri destination)
    {
        if (entry == "*")
            return true;
        if (IPAddress.TryParse(destination.IdnHost, out var address))
        {
            if (IPNetwork.TryParse(entry, out var network))
                return network.Contains(address);
            // Behind the last colon of an IPv6 address is no port, unless it stands in brackets.
            if (entry[0] != '[' && IPAddress.TryParse(entry, out var named))
                return named.Equals(address);
        }

        var port = entry.LastIndexOf(':');
        if (port > 0 && int.TryParse(entry.AsSpan(port + 1), CultureInfo.InvariantCulture, out var only))
        {
            if (only != destination.Port)
                return false;
            entry = entry[..port];
        }

        var name = entry.Trim('[', ']').TrimStart('*').TrimStart('.');
        return name.Equals(destination.IdnHost, StringComparison.OrdinalIgnoreCase)
            || destination.IdnHost.EndsWith("." + name, StringComparison.OrdinalIgnoreCase);
    }

    private static Heeded? Variable(AwsEnvironment environment, string name)
    {
        var (small, capital) = (environment.Variable(name), name.ToUpperInvariant());
        return small is not null ? new Heeded(small, name) : environment.Variable(capital) is { } value ? new Heeded(value, capital) : null;
    }

    private static Server? Read(AwsEnvironment environment, string name)
    {
        if (Variable(environment, name) is not { } found)
            return null;
        var text = found.Value.Contains("://", StringComparison.Ordinal) ? found.Value : "http://" + found.Value;
        // A value that is no address may have a password in it, so it is not told.
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https" or "socks5" or "socks4" or "socks4a") || url.Host == "")
            throw new KinesisSettingsException(found.Source, "is no address of a proxy, such as http://proxy.example:3128.");
        var login = url.UserInfo.Split(':', 2);
        return new Server(
            found.Source, new UriBuilder(url) { UserName = "", Password = "", Port = url.Port < 0 ? SocksPort : url.Port }.Uri,
            login[0].Length == 0 ? null : new NetworkCredential(Uri.UnescapeDataString(login[0]), login.Length > 1 ? Uri.UnescapeDataString(login[1]) : ""));
    }

    /// <summary>A proxy.</summary>
    /// <param name="Source">The variable that names it.</param>
    /// <param name="Address">Its address, without user and password.</param>
    /// <param name="Login">The user and password; null for none.</param>
    internal sealed record Server(string Source, Uri Address, NetworkCredential? Login);
}
