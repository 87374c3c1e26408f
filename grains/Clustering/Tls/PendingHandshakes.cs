using Microsoft.AspNetCore.Connections;

namespace Orleans.Kpl.Clustering.Tls;

/// <summary>
/// The handshakes under way at one port. Each costs memory and a socket before anybody is asked who it is, and whoever never ends one has it for ten seconds.
/// So there are only so many, and a further one takes the place of the oldest: whoever ends his handshake does so long before it is that. A limit that turned
/// away those who come would let strangers shut silos out; one for each address would do so to the clients behind a proxy. Safe on any thread.
/// </summary>
/// <param name="most">How many.</param>
internal sealed class PendingHandshakes(int most)
{
    /// <summary>Twice as many as the largest cluster has silos, or a silo has clients that come back at once.</summary>
    public const int Most = 2_048;

    private readonly Lock _lock = new();
    private readonly LinkedList<ConnectionContext> _oldestFirst = [];

    /// <summary>Adds a handshake that begins. Returns its entry.</summary>
    public LinkedListNode<ConnectionContext> Enter(ConnectionContext connection)
    {
        ConnectionContext? oldest = null;
        LinkedListNode<ConnectionContext> handshake;
        lock (_lock)
        {
            if (_oldestFirst.Count >= most && _oldestFirst.First is { } first)
            {
                oldest = first.Value;
                _oldestFirst.Remove(first);
            }

            handshake = _oldestFirst.AddLast(connection);
        }

        oldest?.Abort(new ConnectionAbortedException("its handshake made room for others"));
        return handshake;
    }

    /// <summary>Removes a handshake that has ended. False where it had to make room: its connection is cut off.</summary>
    public bool Leave(LinkedListNode<ConnectionContext> handshake)
    {
        lock (_lock)
        {
            if (handshake.List is null)
                return false;
            _oldestFirst.Remove(handshake);
            return true;
        }
    }
}
