using Microsoft.Extensions.Logging;
using Orleans.Kpl.Producer.Tests.Logging;

namespace Orleans.Kpl.Http.Tests.Serving;

/// <summary>Keeps what a server logs.</summary>
internal sealed class LogLines : CapturedLog
{
    public IReadOnlyList<string> Errors => [.. Entries.Where(static e => e.Level >= LogLevel.Error).Select(static e => e.Line + e.Exception)];

    /// <summary>The lines on calls of administration, each some time after its answer.</summary>
    public IReadOnlyList<string> Audits => [.. Texts.Where(static l => l.StartsWith("Audit: ", StringComparison.Ordinal))];

    /// <summary>Every line, with its level, category and exception.</summary>
    public IReadOnlyList<string> All => [.. Entries.Select(static e => $"{e.Level} {e.Category}: {e.Line} {e.Exception}")];
}
