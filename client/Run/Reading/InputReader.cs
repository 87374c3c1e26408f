using System.Net;
using System.Text;
using Orleans.Kpl.Run.Following;
using Orleans.Kpl.Run.Model;
using Orleans.Kpl.Run.Yaml;

namespace Orleans.Kpl.Run.Reading;

/// <summary>Reads section <c>input</c>.</summary>
internal static class InputReader
{
    private const int MostBytes = 1 << 30;
    private static readonly string[] PathNames = ["path", "paths", "filename"];
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    /// <summary>Reads the input; null if it has an error.</summary>
    public static RunInput? Read(YamlValue value, RunFindings findings)
    {
        RunInput? input = null;
        var count = 0;
        foreach (var section in NamedSection.Of(value, findings))
        {
            if (section.Name is "retry")
            {
                findings.Warn(section.Place, "has no effect: reading is tried again for as long as it takes");
                continue;
            }

            if (count++ == 1)
                findings.Error(section.Place, "is a second input; a file has one, and several files may run at once");
            input = ReadOne(section, findings) ?? input;
        }

        return input;
    }

    private static RunInput? ReadOne(NamedSection section, RunFindings findings)
    {
        if (ForeignNames.OfInputs.TryGetValue(section.Name, out var advice))
        {
            findings.Error(section.Place, $"is no input of kpl: {advice}");
            return null;
        }

        if (section.Name is not ("stdin" or "file" or "http_server" or "tcp"))
        {
            findings.Error(section.Place, $"is not known; inputs are stdin, file, http_server and tcp. {ForeignNames.AnyInput}");
            return null;
        }

        var fields = new FieldReader(section.Value, findings);
        RunInput? input = section.Name switch
        {
            "stdin" => ReadStandardInput(fields),
            "file" => ReadFile(fields),
            "http_server" => ReadHttp(fields),
            _ => ReadTcp(fields),
        };
        fields.End();
        return input;
    }

    private static StandardInputSettings ReadStandardInput(FieldReader fields)
    {
        ReadCodec(fields);
        return new StandardInputSettings();
    }

    private static FileInputSettings? ReadFile(FieldReader fields)
    {
        ReadCodec(fields);
        var names = PathNames.Where(fields.Has).ToList();
        if (names.Count > 1)
            fields.Findings.Error(fields.Place, $"{string.Join(" and ", names)} say the same; one is enough");
        if (names.Count == 0)
            fields.Findings.Error(fields.Place, "path is missing");
        var paths = names.Count > 0 ? fields.Texts(names[0]) : null;
        foreach (var path in (paths ?? []).Where(static path => FilePattern.Parse(path) is null))
            fields.Findings.Error(fields.Value(names[0])!.Place, $"'{path}': only the last part of a path may have * and ?");
        var defaults = new FileInputSettings { Paths = paths ?? [] };
        var follow = fields.Switch("follow") ?? false;
        var checkpoint = fields.Text("checkpoint");
        if (follow && checkpoint is null)
            fields.Findings.Warn(fields.Place, "follow without checkpoint: the next run reads all files again");
        return paths is null ? null : defaults with
        {
            Exclude = fields.Texts("exclude") ?? defaults.Exclude,
            Follow = follow,
            FromEnd = fields.Choice("from", "start", "end") is "end",
            Checkpoint = checkpoint,
            Poll = fields.Duration("poll", TimeSpan.FromMilliseconds(10), Hour) ?? defaults.Poll,
            RotateWait = fields.Duration("rotate_wait", TimeSpan.Zero, Hour) ?? defaults.RotateWait,
            MaxInFlight = (int)(fields.Number("max_in_flight", 1, 1_000_000) ?? defaults.MaxInFlight),
        };
    }

    private static HttpInputSettings ReadHttp(FieldReader fields)
    {
        var defaults = new HttpInputSettings();
        var path = fields.Text("path") ?? defaults.Path;
        if (!path.StartsWith('/') || path.AsSpan().ContainsAny('?', '#', ' '))
            fields.Findings.Error(fields.Place, $"path: '{path}' is no path such as {defaults.Path}");
        else if (path.Contains("/:", StringComparison.Ordinal))
            fields.Findings.Error(fields.Place, $"path: '{path}' has parameters, which are not taken here: let the records name what differs, in a field");
        fields.Refuse("tls", "put a proxy in front, or post to a tier, which speaks TLS (docs/tls.md)");
        if (fields.Switch("cors_enabled") is true)
            fields.Refuse("cors_enabled", "browsers need a proxy in front that answers their questions");
        var authorization = fields.Section("auth") is { } auth ? ReadAuthorization(auth) : null;
        var input = defaults with
        {
            Address = ReadAddress(fields, defaults.Address, fields.Has("auth")),
            Port = (int)(fields.Number("port", 0, 65_535) ?? defaults.Port),
            Path = path,
            MaxBodySize = (int)(fields.Number("max_body_size", 1, MostBytes) ?? defaults.MaxBodySize),
            Acknowledgment = fields.Switch("acknowledgment") ?? defaults.Acknowledgment,
            Authorization = authorization,
        };
        return input;
    }

    private static string? ReadAuthorization(FieldReader auth)
    {
        var type = auth.Choice("type", "basic", "bearer");
        if (type is null && auth.Value("type") is null)
            auth.Findings.Error(auth.Place, "type is missing: basic or bearer");
        var (user, password, token) = (auth.Text("username", type is "basic"), auth.Text("password", type is "basic"), auth.Text("token", type is "bearer"));
        auth.End();
        return type is "basic" ? $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"))}" : type is "bearer" ? $"Bearer {token}" : null;
    }

    private static TcpInputSettings? ReadTcp(FieldReader fields)
    {
        if (!fields.Has("port"))
            fields.Findings.Error(fields.Place, "port is missing");
        var port = fields.Number("port", 0, 65_535);
        var address = ReadAddress(fields, "127.0.0.1", hasAuthorization: false);
        var connections = fields.Number("max_connections", 1, 100_000);
        return port is null ? null : new TcpInputSettings { Port = (int)port, Address = address, MaxConnections = (int)(connections ?? 1000) };
    }

    /// <summary>Reads an address to listen at. Beyond this machine everybody could put: that must be written down.</summary>
    private static string ReadAddress(FieldReader fields, string none, bool hasAuthorization)
    {
        var isOpen = fields.Switch("allow_anonymous") ?? false;
        if (fields.Text("address") is not { } text)
            return none;
        if (!IPAddress.TryParse(text, out var address))
        {
            fields.Findings.Error(fields.Value("address")!.Place, $"'{text}' is no IP address, such as 127.0.0.1 or 0.0.0.0");
            return none;
        }

        if (!IPAddress.IsLoopback(address) && !hasAuthorization && !isOpen)
            fields.Findings.Error(fields.Value("address")!.Place, $"{text} is reached from other machines, and everybody could put: allow_anonymous: true says that it is meant so");
        return text;
    }

    /// <summary>Others name how bytes become records; here it is always a line each.</summary>
    private static void ReadCodec(FieldReader fields) => fields.Choice("codec", "lines");
}
