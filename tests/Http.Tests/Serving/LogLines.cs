using Microsoft.Extensions.Logging;
using Orleans.Kpl.Producer.Tests.Logging;

namespace Orleans.Kpl.Http.Tests.Serving;

/// <summary>What is looked for in a server's log.</summary>
internal static class LogLines
{
    extension(CapturedLog log)
    {
        public IReadOnlyList<string> Errors => [.. log.Entries.Where(static e => e.Level >= LogLevel.Error).Select(static e => e.Line + e.Exception)];

        /// <summary>The lines on calls of administration, each some time after its answer.</summary>
        public IReadOnlyList<string> Audits => [.. log.Texts.Where(static l => l.StartsWith("Audit: ", StringComparison.Ordinal))];

        /// <summary>Every line, with its level, category and exception.</summary>
        public IReadOnlyList<string> All => [.. log.Entries.Select(static e => $"{e.Level} {e.Category}: {e.Line} {e.Exception}")];
    }
}
