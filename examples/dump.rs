//! scratch: simulate, fit at origins, dump curves and truth
use arrears::core::Day;
use arrears::features::{Purpose, survey};
use arrears::simulate::{Plan, simulate};
use std::io::Write;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let (n, months, seed): (u32, u32, u64) = (a[1].parse().unwrap(), a[2].parse().unwrap(), a[3].parse().unwrap());
    let out = &a[4];
    let policy = arrears::policy::parse("", "d").unwrap();
    let sim = simulate(&Plan::new(n, months, seed));
    let ledger = sim.ledger().unwrap();
    let last = 35usize;
    for (k, o) in a[5..].iter().enumerate() {
        let as_of: Day = o.parse().unwrap();
        let known = ledger.known_at(as_of);
        let s = survey(&known, &policy, Purpose::Fit);
        let h = arrears::model::hazard::fit(&known, &s, &policy, 0).unwrap();
        let mut f = std::io::BufWriter::new(std::fs::File::create(format!("{out}.{k}.bin")).unwrap());
        let p = arrears::score::predict(&known, &s, &h, &policy);
        if k == 0 { for (c, b) in h.columns.iter().zip(&h.coefficients) { eprintln!("{c:40} {b:9.3}"); } }
        if k == 0 {
            let mut e_shown = 0;
            let mut by: std::collections::BTreeMap<(i32,i32), (f64, f64, f64, f64, f64, f64, f64)> = Default::default();
            for c in 0..known.n_customers() {
                let i = known.invoices_of(c).start; if known.invoices_of(c).is_empty() { continue; }
                let hb = &p.habits[c]; if hb.n_settled < 10 { continue; }
                let id = known.invoice_id.get(i);
                let Some(ti) = (0..sim.invoices.len()).find(|&t| sim.invoices.invoice_id.get(t) == id) else { continue };
                let payer = sim.truth.payer_of(ti);
                let run = payer.timing.run.map_or(0, |r| 1 + r as i32);
                let cal = arrears::features::habits::Calendar::new(hb, s.prior(), &s.almanac);
                if run >= 2 && e_shown < 9 { e_shown += 1; let sc = 1.0 / s.memory.mid.at(as_of.0);
                    let st = &s.states[c]; eprintln!("run {run} n {} monthly {:.2} back {:.2} counts {:?}", hb.n_settled, hb.monthly, hb.rolled_back, st.place.iter().enumerate().filter(|x| x.1 * sc > 0.05).map(|(d, x)| (if d<15 {d as i32+1} else {d as i32 - 31}, (x * sc * 100.0).round() / 100.0)).collect::<Vec<_>>()); }
                let e = by.entry((payer.archetype as i32, run)).or_default();
                e.0 += 1.0; e.1 += hb.monthly;
                let mut n = 0.0; let mut ln = 0.0; let mut m = 0.0; let mut best = 0f64;
                for d in 1..=91 { let pd = cal.day(as_of.0 + d); if Day(as_of.0 + d).weekday() < 5 { n += 1.0; ln += pd.own.ln(); m += pd.own; best = best.max(pd.own); } }
                e.2 += ln / n; e.3 += m / n; e.4 += best; e.5 += hb.weekday[4]; e.6 += hb.delay_sd;
            }
            for (k, e) in by { eprintln!("{k:?} n {} monthly {:.2} mean ln own {:.3} mean own {:.3} max own {:.2} friday {:.3} sd {:.1}", e.0, e.1/e.0, e.2/e.0, e.3/e.0, e.4/e.0, e.5/e.0, e.6/e.0); }
            eprintln!("base weekday {:?}\nplace {:?} any {:.2} {:.2}", s.prior().pay_days.weekday.base, s.prior().pay_days.place.base, s.prior().pay_days.weekday.any_day(), s.prior().pay_days.place.any_day());
        }
        // ledger row by invoice id
        let row: std::collections::HashMap<&str, usize> = (0..ledger.n_invoices()).map(|i| (ledger.invoice_id.get(i), i)).collect();
        let simrow: std::collections::HashMap<&str, usize> = (0..sim.invoices.len()).map(|i| (sim.invoices.invoice_id.get(i), i)).collect();
        for (r, &i) in p.open.iter().enumerate() {
            let i = i as usize;
            let id = known.invoice_id.get(i);
            let li = row[id];
            let ti = simrow[id];
            if ti >= sim.truth.n_invoices() { continue; }
            let payer = sim.truth.payer_of(ti);
            let run = payer.timing.run.map_or(0, |r| 1 + r as i32);
            let Some(t) = sim.truth.survival(ti, as_of, 91) else { continue };
            let settled = sim.truth.settled(ti).map_or(1_000_000, |d| d.0 - as_of.0);
            let mut v: Vec<f32> = vec![known.customer[i] as f32, known.open_amount[i].to_f64() as f32, (known.due[i] - as_of.0) as f32, settled as f32,
                payer.archetype as i32 as f32, run as f32, p.habits[known.customer[i] as usize].n_settled as f32, known.currency[i] as f32, (known.issue[i]-as_of.0) as f32, f32::from(u8::from(known.is_disputed(i, as_of.0)))];
            for d in 0..=91 { v.push(p.curves.at(r, d as i32) as f32); }
            for d in 0..=91 { v.push(*t.get(d).unwrap_or(t.last().unwrap()) as f32); }
            let _ = (li, last);
            for x in v { f.write_all(&x.to_le_bytes()).unwrap(); }
        }
        eprintln!("{o} {} open", p.open.len());
    }
}
