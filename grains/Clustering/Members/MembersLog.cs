using Microsoft.Extensions.Logging;
using Orleans.Kpl.DynamoDb.Membership;

namespace Orleans.Kpl.Clustering.Members;

/// <summary>The table of members in the log: what lasts is told once.</summary>
internal sealed partial class MembersLog(ILogger logger, string table)
{
    private readonly Lock _lock = new();
    private HashSet<UnreadableMember> _told = [];
    private bool _isAway;

    /// <summary>These rows cannot be read now, and all others can.</summary>
    public void Unreadable(IReadOnlyCollection<UnreadableMember> rows)
    {
        IEnumerable<UnreadableMember> unknown;
        lock (_lock)
        {
            if (rows.Count == 0 && _told.Count == 0)
                return;
            unknown = [.. rows.Where(r => !_told.Contains(r))];
            _told = [.. rows];
        }
        foreach (var row in unknown)
            LogUnreadable(row.Identity, table, row.Reason);
    }

    /// <summary>The table cannot be read, and nobody is the worse for it yet.</summary>
    public void Away(string consequence, Exception error)
    {
        if (!Interlocked.Exchange(ref _isAway, true))
            LogAway(error.Message, consequence);
    }

    /// <summary>The table was read.</summary>
    public void Back() => Interlocked.Exchange(ref _isAway, false);

    [LoggerMessage(104, LogLevel.Error, "Row {Row} of table {Table} is skipped, for it cannot be read: {Reason}")]
    private partial void LogUnreadable(string row, string table, string reason);

    [LoggerMessage(105, LogLevel.Warning, "{Error}; {Consequence}")]
    private partial void LogAway(string error, string consequence);
}
