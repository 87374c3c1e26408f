using System.Net;
using System.Net.Sockets;
using System.Text;
using Orleans.Kpl.Run.Following;
using Orleans.Kpl.Run.Yaml;

namespace Orleans.Kpl.Run.Reading;

/// <summary>Reads section <c>input</c>.</summary>
internal static class InputReader
{
    private const int MostBytes = 1 << 30;
    private static readonly string[] PathNames = ["path", "paths", "filename"];
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    /// <summary>Reads the input; standard input where it has an error.</summary>
    public static RunInput Read(YamlValue value, RunFindings findings)
    {
        RunInput input = new StandardInputSettings();
        var count = 0;
        foreach (var section in value.Named(findings))
        {
            if (section.Name is "retry")
            {
                findings.Warn(section.Location, "has no effect: reading is tried again for as long as it takes");
                continue;
            }

            if (count++ == 1)
                findings.Error(section.Location, "is a second input; a file has one, and several files may run at once");
            if (section.Name is not ("stdin" or "file" or "http_server"))
            {
                findings.Error(section.Location, ForeignNames.OfInputs.TryGetValue(section.Name, out var advice)
                    ? $"is no input of kpl: {advice}"
                    : $"is not known; inputs are stdin, file and http_server. {ForeignNames.AnyInput}");
                continue;
            }

            var fields = new FieldReader(section.Value, findings);
            if (section.Name is not "http_server")
                fields.Choice("codec", "lines"); // Others name how bytes become records; here it is a line each.
            input = section.Name switch { "file" => ReadFile(fields), "http_server" => ReadHttp(fields), _ => new StandardInputSettings() };
            fields.End();
        }

        return input;
    }

    private static FileInputSettings ReadFile(FieldReader fields)
    {
        string[] names = [.. PathNames.Where(fields.Has)];
        if (names.Length != 1)
            fields.Findings.Error(fields.Location, names.Length == 0 ? "path is missing" : $"{string.Join(" and ", names)} say the same; one is enough");
        var paths = names.Length > 0 ? fields.Texts(names[0]) ?? [] : [];
        foreach (var path in paths.Where(static path => FilePattern.Parse(path) is null))
            fields.Findings.Error(fields.Value(names[0])!.Location, $"'{path}': only the last part of a path may have * and ?");
        var defaults = new FileInputSettings { Paths = paths };
        var files = defaults with
        {
            Exclude = fields.Texts("exclude", mayBeEmpty: true) ?? defaults.Exclude,
            Follow = fields.Switch("follow") ?? false,
            FromEnd = fields.Choice("from", "start", "end") is "end",
            Checkpoint = fields.Text("checkpoint"),
            Poll = fields.Duration("poll", TimeSpan.FromMilliseconds(10), Hour) ?? defaults.Poll,
            RotateWait = fields.Duration("rotate_wait", TimeSpan.Zero, Hour) ?? defaults.RotateWait,
            MaxInFlight = (int)(fields.Number("max_in_flight", 1, 1_000_000) ?? defaults.MaxInFlight),
        };
        if (files is { Follow: true, Checkpoint: null })
            fields.Findings.Warn(fields.Location, "follow without checkpoint: " + (files.FromEnd
                ? "what is written while no run is there is never read"
                : "the next run reads all files again"));
        return files;
    }

    private static HttpInputSettings ReadHttp(FieldReader fields)
    {
        var defaults = new HttpInputSettings();
        var path = fields.Text("path") ?? defaults.Path;
        if (!path.StartsWith('/') || path.AsSpan().ContainsAny('?', '#', ' '))
            fields.Findings.Error(fields.Location, $"path: '{path}' is no path such as {defaults.Path}");
        else if (path.Contains("/:", StringComparison.Ordinal))
            fields.Findings.Error(fields.Location, $"path: '{path}' has parameters, which are not taken here: let the records name what differs, in a field");
        fields.Refuse("tls", "put a proxy in front, or post to a tier, which speaks TLS (docs/tls.md)");
        if (fields.Switch("cors_enabled") is true)
            fields.Refuse("cors_enabled", "browsers need a proxy in front that answers their questions");
        return new HttpInputSettings
        {
            Address = ReadAddress(fields) ?? defaults.Address,
            Port = (int)(fields.Number("port", 0, 65_535) ?? defaults.Port),
            Path = path,
            MaxBodySize = (int)(fields.Number("max_body_size", 1, MostBytes) ?? defaults.MaxBodySize),
            Acknowledgment = fields.Switch("acknowledgment") ?? defaults.Acknowledgment,
            Authorization = fields.Section("auth") is { } auth ? ReadAuthorization(auth) : null,
        };
    }

    /// <summary>Reads the address to listen at; null if it is not there. Beyond this machine everybody could put: that must be written down.</summary>
    private static string? ReadAddress(FieldReader fields)
    {
        var isOpen = fields.Switch("allow_anonymous") ?? false;
        if (fields.Text("address") is not { } text)
            return null;
        var location = fields.Value("address")!.Location;
        if (!IPAddress.TryParse(text, out var address))
            fields.Findings.Error(location, $"'{text}' is no IP address, such as 127.0.0.1 or 0.0.0.0");
        else if (address.AddressFamily is AddressFamily.InterNetworkV6)
            fields.Findings.Error(location, $"{text} is an IPv6 address, which is not taken here: name one of IPv4, or post to a tier, which takes both (docs/http.md)");
        else if (!IPAddress.IsLoopback(address) && !fields.Has("auth") && !isOpen)
            fields.Findings.Error(location, $"{text} is reached from other machines, and everybody could put: allow_anonymous: true says that it is meant so");
        return text;
    }

    private static string? ReadAuthorization(FieldReader auth)
    {
        var type = auth.Choice("type", "basic", "bearer");
        if (type is null && auth.Value("type") is null)
            auth.Findings.Error(auth.Location, "type is missing: basic or bearer");
        var (user, password, token) = (auth.Text("username", type is "basic"), auth.Text("password", type is "basic"), auth.Text("token", type is "bearer"));
        auth.End();
        return type is "basic" ? $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"))}" : $"Bearer {token}";
    }
}
