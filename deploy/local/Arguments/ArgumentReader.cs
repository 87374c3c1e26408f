using System.Globalization;
using Orleans.Kpl.LocalKinesis;

namespace Orleans.Kpl.Local.Arguments;

/// <summary>Reads the command line: <c>--name value</c> or <c>--name=value</c>. All errors are collected.</summary>
internal sealed class ArgumentReader
{
    private static readonly Dictionary<string, Action<LocalArguments, string>> Values = new(StringComparer.Ordinal)
    {
        ["--http-port"] = (a, text) => a.HttpPort = Port(a, "--http-port", text),
        ["--kinesis-port"] = (a, text) => a.KinesisPort = Port(a, "--kinesis-port", text),
        ["--kinesis-tls-port"] = (a, text) => a.KinesisTlsPort = Port(a, "--kinesis-tls-port", text),
        ["--kinesis-tls-certificate"] = (a, text) => a.KinesisTlsCertificate = text,
        ["--kinesis-check-signatures"] = ReadSigningKey,
        ["--stream"] = ReadStream,
        ["--kinesis-endpoint"] = ReadEndpoint,
        ["--data"] = (a, text) => a.Data = text,
        ["--limit-model"] = ReadLimitModel,
    };

    private static readonly Dictionary<string, Action<LocalArguments>> Flags = new(StringComparer.Ordinal)
    {
        ["--create-streams"] = a => a.CreateStreams = true,
        ["--help"] = a => a.Help = true,
        ["-h"] = a => a.Help = true,
        ["-?"] = a => a.Help = true,
    };

    private readonly LocalArguments _arguments = new();
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);

    public static LocalArguments Read(IReadOnlyList<string> args)
    {
        var reader = new ArgumentReader();
        for (var i = 0; i < args.Count;)
            i += reader.ReadNext(args[i], i + 1 < args.Count ? args[i + 1] : null);
        return reader._arguments;
    }

    /// <summary>Reads one argument and returns the number of words it took.</summary>
    private int ReadNext(string word, string? next)
    {
        var equals = word.IndexOf('=', StringComparison.Ordinal);
        var name = equals < 0 ? word : word[..equals];
        var value = equals < 0 ? null : word[(equals + 1)..];

        if (Flags.TryGetValue(name, out var flag))
        {
            flag(_arguments);
            if (value is not null)
                Error($"{name} takes no value");
            return 1;
        }

        if (!name.StartsWith('-'))
        {
            Error($"'{word}' belongs to no argument; --help names all arguments");
            return 1;
        }

        var takesNext = value is null && next is not null && !next.StartsWith("--", StringComparison.Ordinal);
        value ??= takesNext ? next : null;
        var isSetting = IsSetting(name);
        if (!isSetting && !Values.ContainsKey(name))
        {
            Error($"{name} is not known; --help names all arguments");
            return takesNext ? 2 : 1;
        }
        if (name != "--stream" && !_seen.Add(name))
            Error($"{name} is given more than once");
        if (string.IsNullOrEmpty(value) && !isSetting)
            Error($"{name} needs a value");
        else if (isSetting)
            _arguments.Settings[name[2..]] = value ?? "";
        else
            Values[name](_arguments, value!);
        return takesNext ? 2 : 1;
    }

    private static bool IsSetting(string name) =>
        name.StartsWith("--Kpl:", StringComparison.OrdinalIgnoreCase) || name.StartsWith("--Logging:", StringComparison.OrdinalIgnoreCase);

    private void Error(string message) => _arguments.Errors.Add(message);

    private static int? Port(LocalArguments arguments, string name, string text)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= 65_535)
            return port;
        arguments.Errors.Add($"{name} '{text}' is not a port: 0 (a free one) to 65535");
        return null;
    }

    private static void ReadSigningKey(LocalArguments arguments, string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon > 0 && colon < text.Length - 1)
            arguments.CheckSignatures = new SigningKey(text[..colon], text[(colon + 1)..]);
        else
            arguments.Errors.Add("--kinesis-check-signatures needs KEY:SECRET"); // the value may be a secret
    }

    private static void ReadStream(LocalArguments arguments, string text)
    {
        var equals = text.LastIndexOf('=');
        var name = equals < 0 ? text : text[..equals];
        int? shards = null;
        if (equals >= 0)
        {
            if (int.TryParse(text.AsSpan(equals + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0)
                shards = count;
            else
                arguments.Errors.Add($"--stream '{text}': shards must be a whole number from 1");
        }
        if (arguments.Streams.Any(s => s.Name == name))
            arguments.Errors.Add($"--stream {name} is given more than once");
        arguments.Streams.Add(new StreamArgument(name, shards));
    }

    private static void ReadEndpoint(LocalArguments arguments, string text)
    {
        if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https")
            arguments.KinesisEndpoint = url;
        else
            arguments.Errors.Add($"--kinesis-endpoint '{text}' is not a URL such as http://127.0.0.1:4567");
    }

    private static void ReadLimitModel(LocalArguments arguments, string text)
    {
        if (LimitModel.TryParse(text, out var model))
            arguments.LimitModel = model;
        else
            arguments.Errors.Add($"--limit-model '{text}' is not bucket:MS, window:MS (1 to 3600000 ms) or none");
    }
}
