using Orleans.Kpl.Lanes.Messages;
using Orleans.Kpl.Pipeline.Records;
using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Lanes.Sessions;

/// <summary>Tracks the messages of one stream that one silo has received, and polls for their outcomes.</summary>
internal sealed partial class SiloSession(ISessionHost host, Guid id, SiloId silo, ClientServices services)
{
    private readonly Lock _lock = new();
    private readonly SentMessages _sent = new();
    private long _acknowledged;
    private bool _isPolling;
    private bool _isClosed;

    public SiloId Silo => silo;

    public bool IsEmpty
    {
        get
        {
            lock (_lock)
                return _sent.IsEmpty;
        }
    }

    public long OldestAcceptedAt()
    {
        lock (_lock)
            return _sent.OldestAcceptedAt;
    }

    /// <summary>Takes over a message.</summary>
    public void Add(Message message)
    {
        lock (_lock)
        {
            _sent.Add(message);
            if (_isPolling || _isClosed)
                return;
            _isPolling = true;
        }

        _ = PollAsync();
    }

    /// <summary>
    /// Completes all messages as unknown: the silo is lost or is not waited for any more, so their outcomes can no longer be known.
    /// </summary>
    public void OnLost(string code, string reason)
    {
        List<ForwardedOutcome> ends = [];
        int records;
        lock (_lock)
        {
            _isClosed = true;
            records = _sent.Records;
            foreach (var message in _sent.TakeExpired(long.MaxValue))
                message.EndAll(ends, RecordStatus.Unknown, code, reason);
        }

        host.Leave(this, isDraining: false);
        if (records > 0)
            services.Log.Lost(host.Stream, silo, records, code, reason);
        host.End(ends);
    }

    /// <summary>Completes a message's records that have no outcome yet.</summary>
    public void EndAll(Message message, List<ForwardedOutcome> ends, RecordStatus status, string code, string reason)
    {
        lock (_lock)
        {
            _sent.Remove(message);
            message.EndAll(ends, status, code, reason);
        }
    }

    private void End(Message message, RecordStatus status, string code, string reason)
    {
        List<ForwardedOutcome> ends = [];
        EndAll(message, ends, status, code, reason);
        host.End(ends);
    }

    private ClientRequest NewRequest()
    {
        lock (_lock)
            return new ClientRequest { Session = id, Silo = silo, AcknowledgedUpTo = _acknowledged, EndedBefore = _sent.EndedBefore };
    }
}
