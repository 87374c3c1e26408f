using Microsoft.AspNetCore.Connections;

namespace Orleans.Kpl.Http.Identities.Access;

/// <summary>
/// Whose access key has signed on a connection. It tells whom to charge for a body that is on its way, and proves nothing. Safe on any thread.
/// </summary>
internal sealed class ConnectionSigner
{
    private volatile LastSigner? _last;
    private volatile bool _isShared;

    /// <summary>Gives each connection of a listener its own.</summary>
    public static ConnectionDelegate Keep(ConnectionDelegate next) => connection =>
    {
        connection.Features.Set(new ConnectionSigner());
        return next(connection);
    };

    /// <summary>Returns whose the key was, as it was then; null if another key signed last, or if several clients share the connection.</summary>
    public string? Find(string accessKeyId) => !_isShared && _last is { } last && last.AccessKeyId == accessKeyId ? last.Identity : null;

    /// <summary>Notes that several clients share the connection, as behind a proxy. That stays so.</summary>
    public void Share() => _isShared = true;

    /// <summary>Remembers whose access key signed. Keys of one identity may follow each other, as sessions do.</summary>
    public void Note(string accessKeyId, string identity)
    {
        var last = _last;
        if (last is not null && last.Identity != identity)
            Share();
        if (last is null || last.AccessKeyId != accessKeyId || last.Identity != identity)
            _last = new LastSigner(accessKeyId, identity);
    }

    private sealed record LastSigner(string AccessKeyId, string Identity);
}
