T=>async(root,moves)=>{
// It is built when it comes near: a page with it opens as quickly as one without.
await new Promise(near=>new IntersectionObserver((seen,watch)=>{
if(!seen.some(each=>each.isIntersecting))return
watch.disconnect()
near()
},{rootMargin:"100% 0px"}).observe(root))
// --- the table: what an end answers; the wire below is all that this script adds to it
const bytes=text=>Uint8Array.from(atob(text),c=>c.charCodeAt(0))
const stream=new Blob([bytes(T.table)]).stream().pipeThrough(new DecompressionStream("gzip"))
const whole=new Uint8Array(await new Response(stream).arrayBuffer())
const head=4+new DataView(whole.buffer).getUint32(0,true)
const table=JSON.parse(new TextDecoder().decode(whole.subarray(4,head)))
const width=table.segments.length,high=head+table.ends.length*width
const [OPEN_PASSIVE,OPEN_ACTIVE,SEND,CLOSE,ABORT,RESEND,WAITED]=[0,1,2,3,4,5,6]
const REFUSED=-1,[CLOSED,LISTEN,ESTABLISHED,CLOSE_WAIT]=["CLOSED","LISTEN","ESTABLISHED","CLOSE_WAIT"].map(name=>T.states.indexOf(name)+1)
const answer=(end,event,segment)=>{
const place=end*width+segment
const cell=segment<0?table.own[end][event]:whole[head+place]+(whole[high+place]<<8)-3
if(cell<0)return cell
const [to,sent,rows]=table.answers[cell],after=to<0?end:to
return{after,rows,sent:sent.map(each=>each===-1?table.acks[after]:each===-2?table.resets[segment]:each)}
}
// --- what has happened
const start=()=>({at:[0,0],base:[0,0],wire:[],log:[],count:0})
let now=start(),begun=now,past=[],note=null,asked=false
const end=side=>table.ends[now.at[side]]
const state=side=>end(side)[0]
const SIDE=["A","B"]
const own=(side,event)=>answer(now.at[side],event,-1)
const can=(side,event)=>typeof own(side,event)==="object"
const words=(name,places={})=>T.words[name].replace(/{(\w+)}/g,(_,place)=>places[place])
const flags=letter=>T.flags[table.segments[letter.seg][0]]
const packet=letter=>words("packet",{end:SIDE[letter.from],flags:flags(letter)})
const numbers=letter=>{
const [,seq,ack]=table.segments[letter.seg]
return words(ack?"numbers":"number",{seq:seq?seq[1]:0,ack:ack&&ack[1]})
}
const isOld=letter=>{
const [,seq,ack]=table.segments[letter.seg],[mine,peers]=[letter.from,1-letter.from]
return[[seq,mine],[ack,peers]].some(([number,side])=>number&&letter.base[side]+number[0]<now.base[side]+end(side)[1])
}
const change=make=>{
past.push(now)
now={...now,at:[...now.at],base:[...now.base],wire:[...now.wire],log:[...now.log]}
note=null
make()
show()
}
const react=(side,event,letter)=>{
const found=letter?answer(now.at[side],-1,letter.seg):own(side,event)
if(found===REFUSED){
const reason=T.refusals[`${state(side)} ${event}`]
return tell(words("refuses",{call:T.calls[event],state:T.states[state(side)-1],reason}))
}
if(typeof found!=="object")return tell(words(event===SEND&&state(side)>LISTEN?"edge_send":"edge"),true)
change(()=>{
const before=state(side)
now.at[side]=found.after
if(letter)now.wire=now.wire.filter(each=>each.n!==letter.n)
const sent=found.sent.map(seg=>({n:++now.count,from:side,seg,base:[...now.base],born:now.log.length}))
now.wire.push(...sent)
now.log.push({side,event,letter,sent,before,after:state(side),rows:found.rows})
;[0,1].forEach(comeBack)
})
}
// With its old numbers nowhere any more, an end's next ISN is the table's first again.
const comeBack=side=>{
const [kind,isn]=end(side)
if(!isn||kind>LISTEN||end(1-side)[4]!==null)return
if(now.wire.some(letter=>table.segments[letter.seg][letter.from===side?1:2]))return
now.base[side]+=isn
now.at[side]=table.ends.findIndex(each=>each[0]===kind&&each[1]===0)
}
// --- the wire
const lose=letter=>change(()=>{
now.wire=now.wire.filter(each=>each.n!==letter.n)
now.log.push({fate:"lost",letter})
})
const copy=letter=>change(()=>{
now.wire.push({...letter,n:++now.count,born:now.log.length,copied:true})
now.log.push({fate:"copied",letter})
})
const delay=letter=>change(()=>{
now.wire=[...now.wire.filter(each=>each.n!==letter.n),letter]
now.log.push({fate:"delayed",letter})
})
const deliver=letter=>react(1-letter.from,-1,letter)
const undo=()=>{
if(!past.length)return
now=past.pop()
note=null
show()
}
const again=()=>{
past.push(now)
now=begun
note=null
show()
}
const tell=(text,edge)=>{note={text,edge};show()}
// --- one proposal: what a lecturer would do next
const proposal=()=>{
const call=(name,side,event)=>can(side,event)&&{text:words(name,{end:SIDE[side]}),act:()=>react(side,event)}
const either=make=>make(0)||make(1)
const both=kind=>state(0)===kind&&state(1)===kind
const next=now.wire.find(letter=>typeof answer(now.at[1-letter.from],-1,letter.seg)==="object")
if(next)return{text:words("try_deliver",{packet:packet(next),end:SIDE[1-next.from]}),act:()=>deliver(next)}
if(both(CLOSED))return now.log.length?{text:words("try_again"),act:again}:call("try_listen",1,OPEN_PASSIVE)
if(both(LISTEN))return call("try_connect",0,OPEN_ACTIVE)
return either(side=>call("try_timer",side,RESEND))
||either(side=>call("try_2msl",side,WAITED))
||either(side=>state(side)===CLOSED&&state(1-side)===LISTEN&&call("try_connect",side,OPEN_ACTIVE))
||either(side=>state(side)===CLOSE_WAIT&&call("try_close",side,CLOSE))
||(both(ESTABLISHED)&&end(0)[3]===1&&end(1)[3]===1&&call("try_send",0,SEND))
||(both(ESTABLISHED)&&call("try_close",0,CLOSE))
||either(side=>state(side)===ESTABLISHED&&call("try_send",side,SEND))
||either(side=>call("try_close",side,CLOSE))
||either(side=>call("try_abort",side,ABORT))
||{text:words("try_again"),act:again}
}
// --- what is shown
const make=(tag,kind,...parts)=>{
const node=document.createElement(tag)
if(kind)node.className=kind
node.append(...parts)
return node
}
const button=(text,act,label,id)=>{
const node=make("button","",text)
node.type="button"
if(label)node.setAttribute("aria-label",label)
if(id)node.dataset.id=id
node.onclick=act
return node
}
const said=()=>{
const last=now.log.at(-1)
if(note)return[note.text,""]
if(!last)return[words("start"),""]
if(last.fate)return[words(last.fate,{packet:packet(last.letter)}),""]
const {side,event,letter,before,after}=last,who=SIDE[side]
let text=letter?words("gets",{packet:packet(letter),end:who})
:event===RESEND?words("resends",{end:who}):event===WAITED?words("waited",{end:who})
:words("calls",{end:who,call:T.calls[event]})
if(before!==after)text+=" "+words("moves",{end:who,before:T.states[before-1],after:T.states[after-1]})
return[text,last.rows]
}
const title=root.querySelector(".tt"),question=root.querySelector(".qu")
const say=make("div","say"),attempt=make("div","try"),card=make("div","card",say,attempt)
const undoing=button(words("undo"),undo,"","undo"),restart=button(words("again"),again,"","again")
const asking=button(words("refused"),()=>{asked=!asked;show()},"","refused")
const control=make("div","ctl",undoing,restart,asking,make("small","",words("keys")))
const field=make("div","field"),ladder=make("div","lad"),map=make("div","map")
say.setAttribute("role","status")
say.setAttribute("aria-live","polite")
ladder.tabIndex=0
ladder.setAttribute("role","region")
ladder.setAttribute("aria-label",words("story"))
root.replaceChildren(title,question,make("div","in",card,control,field,ladder,map))
const panel=side=>{
const kind=state(side),chip=make("i",`f${T.phases[kind-1]}`,T.states[kind-1])
const row=make("div","cs")
T.calls.forEach((call,event)=>{
const found=own(side,event),off=typeof found!=="object"
if(found===REFUSED&&(event>ABORT||!asked))return
const node=button(call,()=>react(side,event),words("call_it",{end:SIDE[side],call}),SIDE[side]+event)
if(off)node.setAttribute("aria-disabled","true")
row.append(node)
})
return make("div",`end ${SIDE[side]}`,make("p","who",make("span","ab",SIDE[side]),chip),row)
}
const wire=()=>{
const list=make("ul")
for(const letter of now.wire){
const name=packet(letter),to=SIDE[1-letter.from]
const face=button("",()=>deliver(letter),words("deliver_it",{packet:name,end:to,numbers:numbers(letter)}),"p"+letter.n)
face.className="pk"
face.append(make("b","",letter.from?"← "+flags(letter):flags(letter)+" →"),make("span","",numbers(letter)))
if(isOld(letter))face.append(make("em","",words("old")))
const item=make("li",SIDE[letter.from]+(letter.born===now.log.length-1?" new":""),face,
...[["lose",lose],["copy",copy],["delay",delay]].map(([fate,act])=>button(words(fate),()=>act(letter),words(fate+"_it",{packet:name}),fate+letter.n)))
list.append(item)
}
const box=make("div","wire",make("p","k",words(now.wire.length?"wire":"empty")))
if(now.wire.length)box.append(list)
return box
}
const show=()=>{
const focus=root.contains(document.activeElement)&&document.activeElement.dataset.id
const [text,rows]=said()
say.replaceChildren(make("b","",text))
for(const row of rows||[]){
const [why,cite]=T.rows[row]
say.append(make("span","",why+" ",make("cite","",`[${cite}]`)))
}
card.classList.toggle("edge",!!note?.edge)
const next=proposal()
attempt.replaceChildren(make("p","",words("try")),button(next.text,next.act,"","try"))
undoing.disabled=!past.length
restart.disabled=now===begun
asking.setAttribute("aria-pressed",asked)
field.replaceChildren(panel(0),wire(),panel(1))
draw(true)
chart()
if(focus){
const same=root.querySelector(`[data-id="${focus}"]:not(:disabled)`)
;(same||root.querySelector(".pk")||root.querySelector("[data-id=try]")).focus({preventScroll:true})
}
}
// --- the ladder
const draw=moving=>{
const wide=Math.max(300,Math.min(720,ladder.clientWidth)),edge=wide<480?Math.min(114,wide*.34):150,gap=wide<480?13:18
const x=[edge,wide-edge],step=46,y=place=>62+step*place,last=now.log.length-1
const flying=k=>y(last)+30+34*k,low=Math.max(last<0?74:y(last)+28,flying(now.wire.length-1)+14),foot=Math.max(low,250)
const out=[]
if(last>=0)out.push(`<rect class="nr" x="0" y="${y(last)-20}" width="${wide}" height="40" rx="8"/>`)
const side=(end,place,words,kind="")=>`<text class="${kind}" x="${end?x[1]+gap:x[0]-gap}" y="${place}" text-anchor="${end?"start":"end"}">${words}</text>`
for(const each of[0,1]){
let from=34,kind=CLOSED
out.push(`<g class="${SIDE[each]}"><circle class="hd" cx="${x[each]}" cy="17" r="12"/><text class="on" x="${x[each]}" y="22">${SIDE[each]}</text></g>`)
const band=(to,next)=>{
const phase=T.phases[kind-1]
if(to>from)out.push(`<rect class="band p${phase}" x="${x[each]-9}" y="${from}" width="18" height="${to-from}"/>`)
from=to
kind=next
}
now.log.forEach((event,place)=>{if(event.side===each&&event.after!==kind)band(y(place),event.after)})
band(low,kind)
if(foot>low)out.push(`<rect class="band fut" x="${x[each]-9}" y="${low}" width="18" height="${foot-low}"/>`)
if(last<0)out.push(side(each,50,T.states[0],"st"))
}
const arrow=(letter,to,lost,got)=>{
const [a,b]=letter.from?[x[1]-9,x[0]+9]:[x[0]+9,x[1]-9],middle=(a+b)/2
const x0=letter.copied?middle:a,y0=y(letter.born)
const x1=got?b:letter.copied&&!lost?a+(b-a)*.75:lost?a+(b-a)*.72:middle,y1=to
const tip=got?1:0,dir=b>a?1:-1,turn=Math.atan2(y1-y0,x1-x0)*180/Math.PI
out.push(`<g class="${SIDE[letter.from]}"><path class="ar${letter.copied?" cp":""}" d="M${x0} ${y0}L${x1} ${y1}"/>`)
if(tip)out.push(`<path class="hd" transform="translate(${x1} ${y1}) rotate(${turn})" d="M0 0L-11 -5V5Z"/>`)
else if(lost)out.push(`<path class="x" d="M${x1-6} ${y1-6}l12 12m0 -12l-12 12"/>`)
else out.push(`<path class="env" d="M${x1-11} ${y1-8}h22v16h-22zl11 9l11 -9"/>`)
const at=got||lost?[(x0+x1)/2,(y0+y1)/2-5]:[x1,y1-13]
const mark=lost?" ✕ "+words("lost_mark"):letter.copied?" "+words("copy_mark"):""
out.push(`<text class="fl${lost?" lo":""}" x="${at[0]}" y="${at[1]}">${flags(letter)}${mark}</text></g>`)
}
now.log.forEach((event,place)=>{
if(event.fate==="lost")arrow(event.letter,y(place),true)
else if(event.letter&&!event.fate)arrow(event.letter,y(place),false,true)
})
now.wire.forEach((letter,k)=>arrow(letter,flying(k),false))
now.log.forEach((event,place)=>{
if(event.fate)return
const at=y(place),called=event.event>=0?T.calls[event.event]:""
if(event.before!==event.after||called)out.push(side(event.side,at+(called?-1:4),T.states[event.after-1],"st"))
if(called)out.push(side(event.side,at+14,called,"m"))
out.push(`<g class="ev"><circle cx="${x[event.side]}" cy="${at}" r="9.5"/><text x="${x[event.side]}" y="${at+4}">${place+1}</text></g>`)
})
if(moving===true&&last>=0&&!now.log[last].fate){
const {letter,sent}=now.log[last],late=letter?" late":""
const go=(each,x0,y0,x1,y1,late)=>{
const name=flags(each),size=9.4*name.length+20
out.push(`<g class="tcp-go ${SIDE[each.from]}${late}" style="--from:translate(${x0}px,${y0}px);--to:translate(${x1}px,${y1}px)"><rect rx="13" x="${-size/2}" y="-13" width="${size}" height="26"/><text y="5">${name}</text></g>`)
}
const middle=(x[0]+x[1])/2
if(letter)go(letter,middle,(y(letter.born)+y(last))/2,x[1-letter.from],y(last),"")
for(const each of sent)go(each,x[each.from],y(last),middle,flying(now.wire.findIndex(one=>one.n===each.n)),late)
}
const label=words("ladder",{moves:now.log.length,a:T.states[state(0)-1],b:T.states[state(1)-1]})
ladder.innerHTML=`<svg role="img" class="${wide<480?"nw":""}" aria-label="${label}" width="${wide}" height="${foot+8}" viewBox="0 0 ${wide} ${foot+8}">${out.join("")}</svg>`
ladder.scrollTop=ladder.scrollHeight
}
// --- the map: the roads that both ends have walked, and where they stand
const chart=()=>{
const END=0,{size:[wide,high,half],all,nodes,spots,ways}=T.map,here=[CLOSED,CLOSED],been=new Set(here)
let before=here,walked=new Map()
for(const {fate,side,before:from,after} of now.log){
before=[...here]
walked=new Map([...walked.keys()].map(key=>[key,""]))
if(fate||from===after)continue
here[side]=after===CLOSED?END:after
been.add(here[side])
walked.set(`${from} ${here[side]} ${side}`," now")
}
const place=(node,side)=>`translate(${spots[node][0]+(side?half:-half)}px,${spots[node][1]}px)`
const roads=[...walked].filter(([key])=>ways[key]).map(([key,last])=>ways[key].replace('class="rd',`class="rd${last}`))
const states=Object.keys(nodes).map(node=>nodes[node].replace('class="pl',`class="pl${been.has(+node)?"":" fut"}${here.includes(+node)?" now":""}`))
const tokens=SIDE.map((name,side)=>`<g class="tok ${name}" style="transform:${place(here[side],side)};--from:${place(before[side],side)}"><circle r="12.5"/><text y="5">${name}</text></g>`)
const label=words("map",{a:T.states[state(0)-1],b:T.states[state(1)-1]})
map.innerHTML=`<svg class="tcp-map" role="img" aria-label="${label}" viewBox="0 0 ${wide} ${high}"><g class="all">${all}</g>${[...roads,...states,...tokens].join("")}</svg>`
}
root.onkeydown=event=>{
if(event.altKey||event.ctrlKey||event.metaKey)return
const act={ArrowRight:()=>proposal().act(),ArrowLeft:undo,m:()=>root.classList.toggle("M")}[event.key]
if(!act||event.target===ladder)return
event.preventDefault()
event.stopPropagation()
act()
}
show()
for(const id of moves)root.querySelector(`[data-id=${id}]`).click()
begun=now
past=[]
show()
new ResizeObserver(draw).observe(root)
root.dataset.ready=""
}
